// Carriers: every way in which bytes get into and out of a socket.
// Send:    write send sendto sendmsg writev sendmmsg sendfile splice
// Receive: read recv recvfrom recvmsg readv recvmmsg read_chk recv_chk recvfrom_chk
// A carrier may end in /K: its bytes are then laid out in parts of K bytes.
// Failure: as the call beneath: -1 and errno. A call that succeeds and changes errno is reported
//          on standard output.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace apps {

/// One call; the number of bytes that it took.
ssize_t send_by(const std::string& carrier, int fd, std::string_view bytes);

/// One call; fills the front of `buffer`.
ssize_t receive_by(const std::string& carrier, int fd, std::string& buffer);

/// A descriptor for the same file that went through SCM_RIGHTS.
int pass_over_unix_socket(int fd);

}  // namespace apps
