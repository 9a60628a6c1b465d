// curl_multi_client: many requests at once on one thread over libcurl's multi interface.
//   --url URL      `{}` becomes the request's number
//   --count N
//   --parallel N   requests in flight
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/apps/curl_client.h"
#include "tests/apps/options.h"

namespace {

struct Transfer {
  CURL* easy;
  std::string body;
};

void start(CURLM* multi, const std::string& url, int index) {
  auto* transfer = new Transfer{curl_easy_init(), {}};
  curl_easy_setopt(transfer->easy, CURLOPT_URL, apps::url_of(url, index).c_str());
  curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, apps::append_body);
  curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, &transfer->body);
  curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
  curl_multi_add_handle(multi, transfer->easy);
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  const std::string url = options.text("url");
  const int count = options.number("count", 1);
  const int parallel = options.number("parallel", 16);

  apps::Tally tally;
  CURLM* multi = curl_multi_init();
  int started = 0;
  while (started < std::min(count, parallel)) start(multi, url, started++);
  for (int finished = 0; finished < count;) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* done = nullptr;
      long status = 0;
      const CURLcode code = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      curl_multi_remove_handle(multi, done->easy);
      tally.add(code, status, done->body);
      curl_easy_cleanup(done->easy);
      delete done;
      ++finished;
      if (started < count) start(multi, url, started++);
    }
    if (finished < count) curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  curl_multi_cleanup(multi);
  tally.print();
  return tally.clean() ? 0 : 1;
}
