// SPDX-License-Identifier: GPL-2.0-only
// {fmt} from 7 (Debian 11) on: format_string came with 8.
#pragma once

#include <fmt/format.h>

namespace mdctl {

#if FMT_VERSION >= 80000
template <class... Args>
using FormatString = fmt::format_string<Args...>;
#else
template <class...>
using FormatString = fmt::string_view;
#endif

}  // namespace mdctl
