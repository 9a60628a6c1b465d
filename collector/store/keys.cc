#include "collector/store/keys.h"

#include "collector/store/bytes.h"

namespace seamtrace::collector::store {
namespace {

void write_node(const Node& node, ByteWriter& writer) {
  writer.byte(static_cast<uint8_t>(node.kind));
  writer.text(node.system);
  writer.text(node.name);
}

Node read_node(ByteReader& reader) {
  Node node;
  const uint8_t kind = reader.byte();
  if (kind > static_cast<uint8_t>(NodeKind::kQueue)) reader.fail();
  node.kind = static_cast<NodeKind>(kind);
  node.system = reader.text();
  node.name = reader.text();
  return node;
}

}  // namespace

void encode_operation(const OperationKey& operation, std::string& out) {
  out.clear();
  ByteWriter writer(out);
  writer.byte(static_cast<uint8_t>(operation.kind));
  writer.text(operation.service);
  writer.text(operation.name);
  write_node(operation.peer, writer);
}

std::optional<OperationKey> decode_operation(std::string_view bytes) {
  ByteReader reader(bytes);
  OperationKey operation;
  const uint8_t kind = reader.byte();
  if (kind > static_cast<uint8_t>(SpanKind::kConsumer)) return std::nullopt;
  operation.kind = static_cast<SpanKind>(kind);
  operation.service = reader.text();
  operation.name = reader.text();
  operation.peer = read_node(reader);
  if (reader.failed() || !reader.empty()) return std::nullopt;
  return operation;
}

void encode_edge(const EdgeKey& edge, std::string& out) {
  out.clear();
  ByteWriter writer(out);
  writer.text(edge.from);
  write_node(edge.to, writer);
}

std::optional<EdgeKey> decode_edge(std::string_view bytes) {
  ByteReader reader(bytes);
  EdgeKey edge;
  edge.from = reader.text();
  edge.to = read_node(reader);
  if (reader.failed() || !reader.empty()) return std::nullopt;
  return edge;
}

}  // namespace seamtrace::collector::store
