// sanitized_client: built with AddressSanitizer, whose runtime interposes the calls that Seamtrace
// interposes. Requests over one connection.
//   --port N  --count N
#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  apps::Connection connection(apps::connect_to(options.number("port", 0)));
  int answered = 0;
  for (int i = 0; i < options.number("count", 1); ++i) {
    if (!connection.write_all("GET /sanitized HTTP/1.1\r\nHost: localhost\r\n\r\n")) break;
    if (connection.read_message()) ++answered;
  }
  std::printf("answered %d\n", answered);
}
