#include "collector/process/resource_builder.h"

#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fstream>
#include <initializer_list>

#include "collector/process/container_id.h"
#include "collector/support/version.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

std::string_view otel_architecture(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (machine.starts_with("arm")) return "arm32";
  if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) return "x86";
  if (machine.starts_with("ppc64")) return "ppc64";
  return machine;
}

std::string user_name(uid_t uid) {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(uid);
}

/// The same for the same process, also after a restart of the collector; a version 5 UUID in the
/// namespace that the semantic conventions name.
std::string instance_id(const ProcessFacts& facts, const HostFacts& host) {
  static const boost::uuids::name_generator_sha1 generator(
      boost::uuids::string_generator()("4d63009a-8d0f-11ee-aad7-4c796ed8e320"));
  return to_string(generator(host.id + '/' + facts.host_name + '/' + facts.segment_name + '/' +
                             std::to_string(facts.pid_namespace) + '/' +
                             std::to_string(facts.created_realtime_ns)));
}

class Builder {
 public:
  Builder(const ProcessFacts& facts, Resource& resource) : facts_(facts), resource_(resource) {}

  void set(std::string_view key, std::string_view value) {
    if (!value.empty()) resource_.set(key, value);
  }

  /// The first of `variables` that the process's environment has.
  void set_from(std::string_view key, std::initializer_list<const char*> variables) {
    for (const char* variable : variables) {
      const std::string_view value = environment(variable);
      if (value.empty()) continue;
      set(key, value);
      return;
    }
  }

  std::string_view environment(const char* name) const {
    const auto found = facts_.environment.find(name);
    return found == facts_.environment.end() ? std::string_view{} : std::string_view(found->second);
  }

  void describe_process() {
    resource_.set("process.pid", int64_t{facts_.pid});
    set("process.executable.name", executable_name(facts_));
    set("process.executable.path", facts_.executable_path);
    if (!facts_.command_line.empty()) set("process.command", facts_.command_line.front());
    set("process.owner", user_name(facts_.uid));
  }

  void describe_host(const HostFacts& host) {
    set("host.name", facts_.host_name.empty() ? host.name : facts_.host_name);
    set("host.id", host.id);
    set("host.arch", host.architecture);
    set("os.type", "linux");
    set("container.id", container_id(facts_.cgroup, facts_.mount_info));
  }

  void describe_orchestration() {
    const bool kubernetes = !environment("KUBERNETES_SERVICE_HOST").empty();
    set_from("k8s.cluster.name", {"K8S_CLUSTER_NAME"});
    set_from("k8s.deployment.name", {"K8S_DEPLOYMENT_NAME"});
    if (kubernetes) {  // the shorter names mean this only there
      set_from("k8s.pod.name", {"K8S_POD_NAME", "POD_NAME", "HOSTNAME"});
      set_from("k8s.pod.uid", {"K8S_POD_UID", "POD_UID"});
      set_from("k8s.namespace.name",
               {"K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "POD_NAMESPACE", "NAMESPACE"});
      set_from("k8s.node.name", {"K8S_NODE_NAME", "NODE_NAME"});
      set_from("k8s.container.name", {"K8S_CONTAINER_NAME", "CONTAINER_NAME"});
    } else {
      set_from("k8s.pod.name", {"K8S_POD_NAME"});
      set_from("k8s.pod.uid", {"K8S_POD_UID"});
      set_from("k8s.namespace.name", {"K8S_NAMESPACE_NAME", "K8S_NAMESPACE"});
      set_from("k8s.node.name", {"K8S_NODE_NAME"});
      set_from("k8s.container.name", {"K8S_CONTAINER_NAME"});
    }
    const bool cloud_run = !environment("K_SERVICE").empty();
    if (!cloud_run && environment("GAE_SERVICE").empty()) return;
    set("cloud.provider", "gcp");
    set("cloud.platform", cloud_run ? "gcp_cloud_run" : "gcp_app_engine");
    set_from("faas.name", {"K_SERVICE", "GAE_SERVICE"});
    set_from("faas.version", {"K_REVISION", "GAE_VERSION"});
    set_from("faas.instance", {"GAE_INSTANCE"});
    set_from("cloud.account.id", {"GOOGLE_CLOUD_PROJECT"});
  }

 private:
  const ProcessFacts& facts_;
  Resource& resource_;
};

}  // namespace

HostFacts HostFacts::of_this_machine() {
  HostFacts host;
  utsname name{};
  if (::uname(&name) == 0) {
    host.name = name.nodename;
    host.architecture = otel_architecture(name.machine);
  }
  std::ifstream file("/etc/machine-id");
  std::getline(file, host.id);
  return host;
}

std::string_view executable_name(const ProcessFacts& facts) {
  std::string_view path = facts.executable_path;
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  if (path.empty() && !facts.command_line.empty()) path = facts.command_line.front();
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::shared_ptr<const Resource> make_resource(const ProcessFacts& facts,
                                              const Configuration& configuration,
                                              const HostFacts& host) {
  auto resource = std::make_shared<Resource>();
  const std::string_view executable = executable_name(facts);
  resource->set("service.name", executable.empty() ? "unknown_service"
                                                   : "unknown_service:" + std::string(executable));
  resource->set("service.instance.id", instance_id(facts, host));
  Builder builder(facts, *resource);
  builder.describe_process();
  builder.describe_host(host);
  builder.describe_orchestration();
  for (const auto& [key, value] : configuration.pairs("OTEL_RESOURCE_ATTRIBUTES"))
    builder.set(key, value);
  builder.set("service.name", configuration.text("OTEL_SERVICE_NAME"));
  // Last: these say who made the spans, and nobody else can know.
  resource->set("telemetry.sdk.name", std::string_view("seamtrace"));
  resource->set("telemetry.sdk.language", std::string_view("cpp"));
  resource->set("telemetry.sdk.version", kVersion);
  resource->set("telemetry.distro.name", std::string_view("seamtrace"));
  resource->set("telemetry.distro.version", kVersion);
  return resource;
}

}  // namespace seamtrace::collector
