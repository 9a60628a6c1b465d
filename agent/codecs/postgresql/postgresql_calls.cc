// PostgresqlCodec, the client's side: which operations its messages make.
#include "agent/codecs/postgresql/postgresql_codec.h"

namespace seamtrace::agent::codecs {
namespace {

/// Begun by a Parse, Bind or Describe, without an Execute so far.
bool is_preliminary(const Operation& operation) {
  const uint8_t command = operation.facts.command;
  return command == 'P' || command == 'B' || command == 'D';
}

}  // namespace

bool PostgresqlCodec::begin_operation(uint8_t command, Operations& operations) {
  newest_ = operations.begin();
  if (newest_ == nullptr) return false;
  newest_->tag = syncs_sent_;
  newest_->expected = 0;
  newest_->facts.command = command;
  if (in_transaction_) newest_->facts.flags |= wire::kFlagInTransaction;
  return true;
}

bool PostgresqlCodec::begin_parse(Operations& operations) {
  if (!begin_operation('P', operations)) return false;
  newest_->expected = 1;
  newest_statement_ = hash_;
  operations.prepare(hash_, syncs_sent_);
  ++unconfirmed_;
  text_begun_ = false;
  defining_ = true;
  return true;
}

bool PostgresqlCodec::bind(Operations& operations) {
  if (!join_or_begin('B', &hash_, operations)) return false;
  ++newest_->expected;
  remember_portal(portal_name_, hash_);
  return true;
}

void PostgresqlCodec::parameters_bound() {
  find_portal(portal_name_)->parameterised = true;
  if (newest_ != nullptr) newest_->facts.flags |= wire::kFlagParameterised;
}

bool PostgresqlCodec::describe(Operations& operations) {
  const Portal* const portal = target_ == 'P' ? find_portal(hash_) : nullptr;
  const uint64_t* const of_portal = portal != nullptr ? &portal->statement : nullptr;
  if (!join_or_begin('D', target_ == 'P' ? of_portal : &hash_, operations)) return false;
  ++newest_->expected;
  return true;
}

bool PostgresqlCodec::execute(Operations& operations) {
  const Portal* const portal = find_portal(hash_);
  if (!join_or_begin('E', portal != nullptr ? &portal->statement : nullptr, operations))
    return false;
  newest_->facts.command = 'E';
  if (portal != nullptr && portal->parameterised) newest_->facts.flags |= wire::kFlagParameterised;
  return true;
}

// `statement`: null when the message names a portal that we do not know.
bool PostgresqlCodec::join_or_begin(uint8_t command, const uint64_t* statement,
                                    Operations& operations) {
  if (newest_ != nullptr && is_preliminary(*newest_) && statement != nullptr &&
      *statement == newest_statement_)
    return true;
  if (!begin_operation(command, operations)) return false;
  newest_statement_ = statement != nullptr ? *statement : 0;
  if (statement == nullptr)
    newest_->facts.flags |= wire::kFlagTextMissing;
  else if (newest_->recorded)
    operations.use_prepared(*statement);
  return true;
}

void PostgresqlCodec::close_statement(Operations& operations) {
  const bool skipped = failed_ && syncs_sent_ == syncs_answered_;
  // With a Parse unanswered the definition may be the one that its answer confirms. To keep a
  // closed definition does no harm: the server refuses to use it.
  if (!skipped && unconfirmed_ == 0) operations.forget_prepared(hash_);
}

void PostgresqlCodec::sync() {
  // Within COPY FROM STDIN the server ignores it.
  if (!copy_in_) ++syncs_sent_;
  newest_ = nullptr;
}

void PostgresqlCodec::copy_ends(Operations& operations) {
  if (copy_in_)
    copy_in_ = false;
  else if (copies_ended_ < UINT32_MAX && operations.oldest() != nullptr)
    ++copies_ended_;
}

// Null: never bound, or forgotten since.
PostgresqlCodec::Portal* PostgresqlCodec::find_portal(uint64_t name) {
  for (Portal& portal : portals_)
    if (portal.name == name && portal.used) return &portal;
  return nullptr;
}

void PostgresqlCodec::remember_portal(uint64_t name, uint64_t statement) {
  Portal* portal = find_portal(name);
  if (portal == nullptr && name == kHashBasis) portal = &portals_[0];
  if (portal == nullptr) {
    portal = &portals_[next_portal_];
    if (++next_portal_ == kPortals) next_portal_ = 1;
  }
  *portal = {name, statement, true, false};
}

}  // namespace seamtrace::agent::codecs
