// `contextsync version`.

#pragma once

namespace contextsync {

int ShowVersion(bool json);

}  // namespace contextsync
