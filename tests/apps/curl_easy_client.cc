// curl_easy_client: requests one after the other over libcurl's easy interface.
//   --url URL      `{}` becomes the request's number
//   --count N
//   --header LINE  may repeat
//   --fresh 1      a new connection for each request
#include <string>

#include "tests/apps/curl_client.h"
#include "tests/apps/options.h"

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  const std::string url = options.text("url");
  curl_slist* headers = nullptr;
  for (const std::string& line : options.all("header"))
    headers = curl_slist_append(headers, line.c_str());

  apps::Tally tally;
  CURL* curl = curl_easy_init();
  for (int i = 0; i < options.number("count", 1); ++i) {
    std::string body;
    curl_easy_setopt(curl, CURLOPT_URL, apps::url_of(url, i).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, apps::append_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, long{options.number("fresh", 0)});
    const CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    tally.add(code, status, body);
  }
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  tally.print();
  return tally.clean() ? 0 : 1;
}
