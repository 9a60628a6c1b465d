// Asks once for http://127.0.0.1:PORT/consumed and prints what it knows of its own telemetry.
#include <arpa/inet.h>
#include <seamtrace/seamtrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const bool first = seamtrace::bootstrap_telemetry();
  const bool again = seamtrace::bootstrap_telemetry();
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(connection, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) return 1;
  const char request[] = "GET /consumed HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
  if (::write(connection, request, sizeof request - 1) != sizeof request - 1) return 2;
  char buffer[512];
  while (::read(connection, buffer, sizeof buffer) > 0) {
  }
  ::close(connection);
  const seamtrace::TelemetryStatus status = seamtrace::get_telemetry_status();
  std::printf("{\"first\":%d,\"again\":%d,\"enabled\":%d,\"status\":%s}\n", first, again,
              seamtrace::is_telemetry_enabled(), status.to_json().c_str());
  return first == again ? 0 : 3;
}
