// Two notebooks that push to one hub.

#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/hub/hub_fixture.h"

namespace contextsync {

class PushFixture : public ::testing::Test {
 protected:
  static std::vector<PushStatus> Statuses(const std::vector<PushResult>& results) {
    std::vector<PushStatus> statuses;
    for (const PushResult& result : results)
      statuses.push_back(result.status);
    return statuses;
  }

  TestHub hub_;
  TestNotebook a_{hub_, 0xA};
  TestNotebook b_{hub_, 0xB};
};

}  // namespace contextsync
