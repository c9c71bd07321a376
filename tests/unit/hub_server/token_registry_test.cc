#include "core/hub/token_registry.h"

#include <gtest/gtest.h>

#include "storage/memory/memory_table_store.h"
#include "tests/unit/hub_server/fakes.h"

namespace contextsync::token_registry_test {
namespace {

using std::chrono::hours;

class TokenRegistryTest : public ::testing::Test {
 protected:
  std::unique_ptr<TokenRegistry> Open() {
    auto registry = TokenRegistry::Open({.store = store_,
                                         .table = 0,
                                         .clock = clock_,
                                         .random = random_,
                                         .mint = [this](const WorkspaceId& workspace) {
                                           minted_.push_back(workspace.value);
                                           return mint_result_;
                                         }});
    EXPECT_TRUE(registry.ok());
    return std::move(registry).value();
  }

  static TokenRequest Request() {
    return {.name = "alice",
            .workspace = WorkspaceId("w1"),
            .role = Role::kWrite,
            .lifetime = hours(24)};
  }

  FakeClock clock_;
  CountingRandom random_;
  MemoryTableStore store_{1};
  std::vector<std::string> minted_;
  Status mint_result_;
};

TEST_F(TokenRegistryTest, VerifiesWhatItCreatedAlsoAfterReopening) {
  const NewToken token = Open()->Create(Request()).value();
  store_.Crash();

  const TokenVerdict verdict = Open()->Verify(token.secret);

  EXPECT_EQ(verdict.state, TokenState::kValid);
  EXPECT_EQ(verdict.info.name, "alice");
  EXPECT_EQ(verdict.info.workspace, WorkspaceId("w1"));
  EXPECT_EQ(verdict.info.role, Role::kWrite);
  EXPECT_EQ(minted_, std::vector<std::string>{"w1"});
}

TEST_F(TokenRegistryTest, NeverStoresTheSecret) {
  const NewToken token = Open()->Create(Request()).value();
  const std::string core = token.secret.substr(5, 64);

  EXPECT_TRUE(store_
                  .Scan(0, KeyRange{},
                        [&](std::string_view key, std::string_view value) {
                          EXPECT_EQ(key.find(core), std::string_view::npos);
                          EXPECT_EQ(value.find(core), std::string_view::npos);
                          return true;
                        })
                  .ok());
}

TEST_F(TokenRegistryTest, SecretsAreRecognisableAndGuardedByAChecksum) {
  const std::string secret = Open()->Create(Request()).value().secret;

  EXPECT_TRUE(LooksLikeToken(secret));
  for (std::size_t i = 0; i < secret.size(); ++i) {
    std::string damaged = secret;
    damaged[i] = damaged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(LooksLikeToken(damaged)) << i;
  }
  EXPECT_FALSE(LooksLikeToken(secret.substr(1)));
  EXPECT_FALSE(LooksLikeToken(secret + "0"));
}

TEST_F(TokenRegistryTest, ATokenOfTheRightFormThatNobodyMadeIsUnknown) {
  const std::string foreign = Open()->Create(Request()).value().secret;
  MemoryTableStore other(1);
  const auto registry =
      TokenRegistry::Open({.store = other, .table = 0, .clock = clock_, .random = random_}).value();

  EXPECT_EQ(registry->Verify(foreign).state, TokenState::kUnknown);
}

TEST_F(TokenRegistryTest, ExpiresToTheMillisecond) {
  const auto registry = Open();
  const NewToken token = registry->Create(Request()).value();

  clock_.Advance(hours(24) - std::chrono::milliseconds(1));
  EXPECT_EQ(registry->Verify(token.secret).state, TokenState::kValid);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(registry->Verify(token.secret).state, TokenState::kExpired);
}

TEST_F(TokenRegistryTest, RevokingIsDurableAndKeepsItsFirstTime) {
  auto registry = Open();
  const NewToken token = registry->Create(Request()).value();
  const std::uint64_t before = registry->revocations();
  const TokenInfo first = registry->Revoke(token.info.id).value();
  clock_.Advance(hours(1));

  const TokenInfo second = registry->Revoke(token.info.id).value();
  store_.Crash();

  EXPECT_EQ(second.revoked_at, first.revoked_at);
  EXPECT_GT(registry->revocations(), before);
  EXPECT_EQ(Open()->Verify(token.secret).state, TokenState::kRevoked);
  EXPECT_EQ(Open()->StateOf(token.info.id), TokenState::kRevoked);
}

TEST_F(TokenRegistryTest, SavingAUseDoesNotUndoARevocation) {
  auto registry = Open();
  const NewToken token = registry->Create(Request()).value();
  ASSERT_EQ(registry->Verify(token.secret).state, TokenState::kValid);

  ASSERT_TRUE(registry->Revoke(token.info.id).ok());
  ASSERT_TRUE(registry->SaveUses().ok());

  const auto reopened = Open();
  EXPECT_EQ(reopened->Verify(token.secret).state, TokenState::kRevoked);
  EXPECT_TRUE(reopened->List().at(0).last_used_at.has_value());
}

TEST_F(TokenRegistryTest, NotesUsesByTheHour) {
  const auto registry = Open();
  const NewToken token = registry->Create(Request()).value();
  registry->Verify(token.secret);
  ASSERT_TRUE(registry->SaveUses().ok());
  const std::uint64_t writes = store_.write_count();

  clock_.Advance(std::chrono::minutes(10));
  registry->Verify(token.secret);
  ASSERT_TRUE(registry->SaveUses().ok());

  EXPECT_EQ(store_.write_count(), writes);
  EXPECT_EQ(registry->List().at(0).last_used_at, FakeClock::kStart);
}

TEST_F(TokenRegistryTest, ListsTheOldestFirst) {
  const auto registry = Open();
  const std::string first = registry->Create(Request()).value().info.id;
  clock_.Advance(std::chrono::milliseconds(1));
  const std::string second = registry->Create(Request()).value().info.id;

  const std::vector<TokenInfo> tokens = registry->List();

  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0].id, first);
  EXPECT_EQ(tokens[1].id, second);
}

TEST_F(TokenRegistryTest, RefusesWhatItCannotKeep) {
  const auto registry = Open();
  std::vector<TokenRequest> requests(6, Request());
  requests[0].name = "";
  requests[1].name = "a\nb";
  requests[2].name = std::string(129, 'a');
  requests[3].workspace = WorkspaceId("a/b");
  requests[4].lifetime = hours(0);
  requests[5].lifetime = TokenRegistry::kMaxLifetime + hours(1);

  for (const TokenRequest& request : requests) {
    const auto token = registry->Create(request);
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(minted_.empty());
  EXPECT_EQ(store_.write_count(), 0U);
}

TEST_F(TokenRegistryTest, CreatesNothingWhenTheDiskOrTheWorkspaceFails) {
  const auto registry = Open();
  mint_result_ = Error(ErrorCode::kUnavailable, "no");
  EXPECT_FALSE(registry->Create(Request()).ok());
  mint_result_ = {};
  store_.FailWrite(1, Error(ErrorCode::kStorageFull, "full"));

  EXPECT_EQ(registry->Create(Request()).error().code(), ErrorCode::kStorageFull);
  EXPECT_TRUE(registry->List().empty());
}

TEST_F(TokenRegistryTest, ARevocationThatWasNotWrittenDidNotHappen) {
  const auto registry = Open();
  const NewToken token = registry->Create(Request()).value();
  store_.FailWrite(1, Error(ErrorCode::kUnavailable, "disk"));

  EXPECT_FALSE(registry->Revoke(token.info.id).ok());

  EXPECT_EQ(registry->Verify(token.secret).state, TokenState::kValid);
}

TEST_F(TokenRegistryTest, RefusesToOpenDamagedRows) {
  const std::string id = Open()->Create(Request()).value().info.id;
  TableBatch batch;
  batch.Put(0, "t" + id, "\x01garbage");
  ASSERT_TRUE(store_.Write(batch, Durability::kSynced).ok());

  const auto registry =
      TokenRegistry::Open({.store = store_, .table = 0, .clock = clock_, .random = random_});

  ASSERT_FALSE(registry.ok());
  EXPECT_EQ(registry.error().code(), ErrorCode::kCorruption);
}

TEST_F(TokenRegistryTest, RevokingAnUnknownIdIsNotFound) {
  EXPECT_EQ(Open()->Revoke("tok-0000000000000000").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace contextsync::token_registry_test
