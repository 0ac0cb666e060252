// Identifiers nobody can guess.
#pragma once

#include <string>

namespace smtpapi {

/// 22 characters of A-Z a-z 0-9 - _ that carry 128 random bits (EVT-14). Thread-safe.
std::string random_id();

}  // namespace smtpapi
