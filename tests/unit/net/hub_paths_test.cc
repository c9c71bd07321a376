#include "server/net/hub_paths.h"

#include <gtest/gtest.h>

#include "server/net/curl_error.h"

namespace contextsync::hub_paths_test {
namespace {

TEST(HubPathsTest, EncodesEverythingThatIsNotUnreserved) {
  EXPECT_EQ(PercentEncoded("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(PercentEncoded("/?#&=+ %"), "%2f%3f%23%26%3d%2b%20%25");
  EXPECT_EQ(PercentEncoded("\xC3\xA9"), "%c3%a9");
}

TEST(HubPathsTest, PutsTheWorkspaceIntoThePath) {
  const HubPaths paths(WorkspaceId("a:b"));

  EXPECT_EQ(paths.Hello(), "/v1/workspaces/a%3ab/hello");
  EXPECT_EQ(paths.Push(), "/v1/workspaces/a%3ab/push");
}

TEST(HubPathsTest, LeavesAnEmptyClaimOut) {
  const HubPaths paths(WorkspaceId("w"));

  EXPECT_EQ(paths.Changes({}).find("epoch="), std::string::npos);
  EXPECT_EQ(paths.Snapshot({}).find("known="), std::string::npos);
}

TEST(HubPathsTest, NamesOneContextOrThePlaceToGoOn) {
  const HubPaths paths(WorkspaceId("w"));
  SnapshotRequest request;
  request.after = "k y";

  EXPECT_NE(paths.Snapshot(request).find("after=k%20y"), std::string::npos);
  request.context = ContextRef{Level::kTask, "t/1"};
  EXPECT_NE(paths.Snapshot(request).find("level=task&context_id=t%2f1"), std::string::npos);
}

TEST(CurlErrorTest, TellsATimeoutFromAFailure) {
  EXPECT_EQ(FailureFromCurl(CURLE_OPERATION_TIMEDOUT).fault, HubFault::kTimeout);
  EXPECT_EQ(FailureFromCurl(CURLE_COULDNT_CONNECT).fault, HubFault::kTransport);
  EXPECT_FALSE(FailureFromCurl(CURLE_PEER_FAILED_VERIFICATION).message.empty());
}

}  // namespace
}  // namespace contextsync::hub_paths_test
