// pqxx_client: statements of each kind over libpqxx.
//   --uri URI
#include <iostream>
#include <pqxx/pqxx>
#include <string>

#include "tests/apps/options.h"

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  pqxx::connection connection(options.text("uri"));
  {
    pqxx::work work(connection);
    std::cout << work.exec("SELECT n FROM numbers WHERE id = 3")[0][0].as<int>() << "\n";
    std::cout << work.exec_params("SELECT n FROM numbers WHERE id = $1", 4)[0][0].as<int>() << "\n";
    work.commit();
  }
  connection.prepare("insertion", "INSERT INTO pqxx_numbers (id) VALUES ($1)");
  pqxx::work work(connection);
  work.exec("CREATE TEMP TABLE pqxx_numbers (id int PRIMARY KEY)");
  for (int i = 0; i < 3; ++i) work.exec_prepared("insertion", i);
  std::cout << work.exec("SELECT count(*) FROM pqxx_numbers")[0][0].as<int>() << "\n";
  work.commit();
}
