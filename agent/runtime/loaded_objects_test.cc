// What the loader has mapped, against the loader's own answers.
#include "agent/runtime/loaded_objects.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <string.h>

#include <vector>

namespace seamtrace::agent {
namespace {

std::vector<LoadedObject> all_objects() {
  std::vector<LoadedObject> objects;
  visit_loaded_objects(
      [](const LoadedObject& object, void* raw) {
        static_cast<std::vector<LoadedObject>*>(raw)->push_back(object);
        return true;
      },
      &objects);
  return objects;
}

LoadedObject object_with(const void* address) {
  for (const LoadedObject& object : all_objects())
    if (object.contains(address)) return object;
  return {};
}

TEST(LoadedObjectsTest, AnObjectHasItsFunctions) {
  void* getpid_address = dlsym(RTLD_NEXT, "getpid");
  const LoadedObject libc = object_with(getpid_address);
  ASSERT_NE(libc.dynamic, nullptr);
  EXPECT_EQ(find_symbol_in(libc, "getpid"), getpid_address);
  EXPECT_EQ(find_symbol_in(libc, "no_such_function_anywhere"), nullptr);
}

TEST(LoadedObjectsTest, ThisLibraryIsNotAmongThem) {
  EXPECT_EQ(object_with(reinterpret_cast<const void*>(&object_with)).dynamic, nullptr);
}

TEST(LoadedObjectsTest, AVisitEndsWhenItIsToldTo) {
  int visits = 0;
  visit_loaded_objects([](const LoadedObject&, void* raw) { return ++*static_cast<int*>(raw) < 2; },
                       &visits);
  EXPECT_EQ(visits, 2);
}

TEST(LoadedObjectsTest, WhatIsLoadedLaterIsThereUntilItIsUnloaded) {
  const size_t before = all_objects().size();
  void* library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  void* address = dlsym(library, "sqlite3_step");
  EXPECT_EQ(find_symbol_in(object_with(address), "sqlite3_step"), address);
  dlclose(library);
  EXPECT_EQ(all_objects().size(), before);
}

TEST(LoadedObjectsTest, ALibraryNeedsWhatItNames) {
  void* library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  const LoadedObject sqlite = object_with(dlsym(library, "sqlite3_step"));
  const LoadedObject libc = object_with(dlsym(RTLD_NEXT, "getpid"));
  EXPECT_TRUE(needs(sqlite, libc));
  EXPECT_FALSE(needs(libc, sqlite));
  dlclose(library);
}

}  // namespace
}  // namespace seamtrace::agent
