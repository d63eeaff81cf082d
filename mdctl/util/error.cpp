// SPDX-License-Identifier: GPL-2.0-only
#include "util/error.hpp"

#include <cerrno>
#include <system_error>

namespace mdctl {

const char* to_string(Code code) {
  switch (code) {
    case Code::usage: return "usage";
    case Code::not_found: return "not-found";
    case Code::busy: return "busy";
    case Code::no_permission: return "no-permission";
    case Code::refused: return "refused";
    case Code::io: return "io";
    case Code::corrupt: return "corrupt";
    case Code::unsupported: return "unsupported";
    case Code::kernel: return "kernel";
    case Code::internal: return "internal";
  }
  return "internal";
}

static Code code_of(int err) {
  switch (err) {
    case ENOENT:
    case ENODEV:
    case ENXIO: return Code::not_found;
    case EBUSY: return Code::busy;
    case EACCES:
    case EPERM: return Code::no_permission;
    case EROFS: return Code::refused;
    case EIO: return Code::io;
    case EOPNOTSUPP:
    case ENOTTY: return Code::unsupported;
    default: return Code::kernel;
  }
}

Error Error::from_errno(int err, std::string_view what) {
  Error error(code_of(err), fmt::format("{}: {}", what, std::generic_category().message(err)));
  error.errno_ = err;
  if (error.code_ == Code::no_permission) error.hint_ = "run it as root";
  return error;
}

Error Error::context(std::string_view what) && {
  message_ = fmt::format("{}: {}", what, message_);
  return std::move(*this);
}

std::string Error::text() const {
  return hint_.empty() ? message_ : fmt::format("{} ({})", message_, hint_);
}

}  // namespace mdctl
