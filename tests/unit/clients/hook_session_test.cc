#include "server/hooks/hook_session.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/hooks/git_changes.h"
#include "server/hooks/patch_files.h"

namespace contextsync::hook_session_test {
namespace {

using Texts = std::vector<std::string>;

const HookScope kScope = {.root = "/repo", .excluded = AlwaysExcluded()};

HookEvent Read(const std::string& text) {
  return ReadHookEvent(Json::parse(text));
}

HookEvent Edit(const std::string& file, const std::string& use = "") {
  return Read(
      R"({"hook_event_name":"PostToolUse","session_id":"s","cwd":"/repo/deep","tool_name":"Edit",
                  "tool_use_id":")" +
      use + R"(","tool_input":{"file_path":")" + file + R"("}})");
}

TEST(HookEventTest, ReadsAnyShapeWithoutFailing) {
  for (
      const std::string text :
      {"{}", R"({"hook_event_name":7})", R"({"hook_event_name":"PostToolUse","tool_input":[1]})",
       R"({"hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{"command":5},"tool_response":null})",
       R"({"hook_event_name":"stop","conversation_id":[],"workspace_roots":{}})"}) {
    const HookEvent event = Read(text);
    EXPECT_TRUE(FactsOf(event, kScope).IsEmpty()) << text;
  }
  EXPECT_EQ(Read(R"({"hook_event_name":"PreToolUse","session_id":"s"})").moment,
            HookMoment::kUnknown);
}

TEST(HookEventTest, TellsCursorsShapeFromTheOthers) {
  const HookEvent cursor =
      Read(R"({"hook_event_name":"stop","conversation_id":"c","workspace_roots":["/repo"]})");
  EXPECT_EQ(cursor.form, HookAnswerForm::kCursor);
  EXPECT_EQ(cursor.session, "c");
  EXPECT_EQ(cursor.cwd, "/repo");
  const HookEvent copilot = Read(R"({"hookEventName":"PostToolUse","sessionId":"v","cwd":"/repo",
      "tool_name":"editFiles","tool_input":{"files":["a.cc","/repo/b.cc"]}})");
  EXPECT_EQ(FactsOf(copilot, kScope).files_modified, (Texts{"a.cc", "b.cc"}));
}

TEST(HookFactsTest, KeepsPathsRelativeToTheRepository) {
  EXPECT_EQ(FactsOf(Edit("/repo/src/../a b.cc"), kScope).files_modified, Texts{"a b.cc"});
  EXPECT_EQ(FactsOf(Edit("x.cc"), kScope).files_modified, Texts{"deep/x.cc"});
}

TEST(HookFactsTest, LeavesOutWhatIsOutsideOrExcluded) {
  for (const std::string file :
       {"/etc/passwd", "/repo", "../../x", "/repo/.env", "/repo/a/.env.local", "/repo/k.pem",
        "/repo/.git/config", "/repo/node_modules/x.js", "/repository/x"}) {
    EXPECT_TRUE(FactsOf(Edit(file), kScope).IsEmpty()) << file;
  }
  HookScope scope = kScope;
  scope.excluded.push_back("private/*");
  EXPECT_TRUE(FactsOf(Edit("/repo/private/x"), scope).IsEmpty());
}

TEST(HookFactsTest, SaysHowTestsEnded) {
  const HookEvent failed =
      Read(R"({"hook_event_name":"PostToolUse","session_id":"s","cwd":"/repo","tool_name":"Bash",
      "tool_input":{"command":"pytest"},"tool_response":{"stdout":"1\n2\n3\n\n4\n","exit_code":2}})");

  EXPECT_EQ(FactsOf(failed, kScope).test_results, Texts{"pytest: failed, exit 2\n2\n3\n4"});
}

TEST(HookFactsTest, CutsOutPrivateParts) {
  EXPECT_EQ(WithoutPrivate("a <private>b</private>c<private>d"), "a c");
  EXPECT_EQ(WithoutPrivate("a</private>"), "a</private>");
  const HookEvent event =
      Read(R"({"hook_event_name":"PostToolUse","session_id":"s","cwd":"/repo","tool_name":"Bash",
      "tool_input":{"command":"<private>cat key.txt</private>"}})");
  EXPECT_TRUE(FactsOf(event, kScope).IsEmpty());
}

TEST(HookFactsTest, KeepsNoSecret) {
  const std::string token = std::string("gh") + "p_" + "a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6";
  const Json event = {{"hook_event_name", "PostToolUse"},
                      {"session_id", "s"},
                      {"cwd", "/repo"},
                      {"tool_name", "Bash"},
                      {"tool_input", {{"command", "pytest --token " + token}}},
                      {"tool_response", {{"stdout", "bad credentials " + token + "\n1 failed"}}}};
  HookSession session;
  session.Note(Read(event.dump()), kScope);
  session.facts.files_read.push_back("logs/" + token);

  EXPECT_EQ(FactsToJson(FactsOf(Read(event.dump()), kScope)).dump().find(token), std::string::npos);
  EXPECT_EQ(session.facts.test_results.size(), 1U);
  EXPECT_EQ(session.Operation(Json::object())->dump().find(token), std::string::npos);
}

TEST(HookFactsTest, KeepsNothingOfAKeyAtTheEndOfALongOutput) {
  std::string output(900'000, 'x');
  for (std::size_t i = 0; i < output.size(); i += 100)
    output[i] = '\n';
  const std::string body(64, 'Q');
  output += "\n-----BEGIN " + std::string("RSA PRIVATE KEY-----\n") + body + "\n" + body +
            "\n-----END " + "RSA PRIVATE KEY-----\n";
  const Json event = {{"hook_event_name", "PostToolUse"},
                      {"session_id", "s"},
                      {"cwd", "/repo"},
                      {"tool_name", "Bash"},
                      {"tool_input", {{"command", "pytest"}}},
                      {"tool_response", {{"stdout", output}}}};
  const HookFacts facts = FactsOf(Read(event.dump()), kScope);
  ASSERT_EQ(facts.test_results.size(), 1U);
  EXPECT_EQ(facts.test_results[0].find(body), std::string::npos) << facts.test_results[0];
}

TEST(PatchFilesTest, FindsEveryFileOfAPatch) {
  EXPECT_EQ(FilesOfPatch("*** Begin Patch\n*** Update File: a\r\n*** Move to: b\n+*** Add File: "
                         "no\n*** Add File: c d\n"
                         "*** Delete File: a\n"),
            (Texts{"a", "b", "c d"}));
}

TEST(GitChangesTest, ReadsPorcelain) {
  using namespace std::string_view_literals;
  EXPECT_EQ(PathsOfPorcelain(" M a b\0R  new\0old\0?? c\n\0"sv), (Texts{"a b", "new", "c\n"}));
  EXPECT_TRUE(PathsOfPorcelain("").empty());
  EXPECT_EQ(PathsOfPorcelain("R  cut"), Texts{"cut"});
}

TEST(HookSessionTest, CountsAUseOfAToolOnce) {
  HookSession session;
  session.Note(Edit("/repo/a", "u1"), kScope);
  session.Note(Edit("/repo/b", "u1"), kScope);
  session.Note(Edit("/repo/a", "u2"), kScope);

  EXPECT_EQ(session.facts.files_modified, Texts{"a"});
}

TEST(HookSessionTest, IsTheSameAfterItWasWrittenDown) {
  HookSession session;
  session.id = "s";
  session.turn = 3;
  session.position = "1.2";
  session.before = RepositoryState{{"a", "1"}};
  session.was_nudged = true;
  session.Note(Edit("/repo/a", "u1"), kScope);

  const std::string text = HookSessionToText(session);

  EXPECT_EQ(HookSessionToText(ReadHookSession(text)), text);
  EXPECT_EQ(ReadHookSession("{\"turn\":-1,\"facts\":[1],\"uses\":{}").turn, 1U);
  EXPECT_EQ(ReadHookSession("{\"turn\":\"x\",\"facts\":[1],\"uses\":{},\"before\":[]}").turn, 1U);
}

TEST(HookSessionTest, ATurnIsOneOperationWithOneId) {
  HookSession session;
  const Json identity = {{"agent", "x"}, {"project", "p"}, {"branch", "b"}};
  EXPECT_FALSE(session.Operation(identity));
  session.Note(Edit("/repo/a"), kScope);

  const Json first = *session.Operation(identity);
  EXPECT_EQ(first, *session.Operation(identity));
  session.EndTurn();
  EXPECT_FALSE(session.Operation(identity));
  session.Note(Edit("/repo/a"), kScope);
  EXPECT_NE(first["op_id"], (*session.Operation(identity))["op_id"]);
  EXPECT_EQ(first["data"], Json::parse(R"({"files_modified":["a"]})"));
}

TEST(HookSessionTest, FindsFilesThatChangedSinceTheTurnBegan) {
  HookSession session;
  session.NoteRepository({{"old", "1"}, {"touched", "1"}}, kScope);
  EXPECT_TRUE(session.facts.IsEmpty()) << "nothing is known of before";
  session.NoteRepository({{"old", "1"}, {"touched", "2"}, {"new", "1"}, {".env", "1"}}, kScope);

  EXPECT_EQ(session.facts.files_modified, (Texts{"new", "touched"}));
}

TEST(HookSessionTest, RemindsOnceAndOnlyWhoWroteNothing) {
  HookSession idle;
  EXPECT_EQ(idle.TakeNudge(), "");
  HookSession busy;
  busy.Note(Edit("/repo/a"), kScope);
  EXPECT_NE(busy.TakeNudge(), "");
  EXPECT_EQ(busy.TakeNudge(), "");
  HookSession writing;
  writing.Note(Edit("/repo/a"), kScope);
  writing.Note(
      Read(
          R"({"hook_event_name":"PostToolUse","session_id":"s","tool_name":"mcp__contextsync__manage_context",
      "tool_input":{"action":"update","context_id":"t9"}})"),
      kScope);
  EXPECT_EQ(writing.TakeNudge(), "");
  EXPECT_EQ(writing.task, "t9");
}

TEST(HookSessionTest, AnswersInTheClientsForm) {
  HookEvent claude;
  claude.name = "SessionStart";
  EXPECT_EQ(
      Json::parse(InjectionFor(claude, "x")),
      Json::parse(
          R"({"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"x"}})"));
  EXPECT_EQ(Json::parse(NudgeFor(claude, "x")),
            Json::parse(R"({"decision":"block","reason":"x"})"));
  claude.form = HookAnswerForm::kCursor;
  EXPECT_EQ(Json::parse(InjectionFor(claude, "x")), Json::parse(R"({"additional_context":"x"})"));
  EXPECT_EQ(Json::parse(NudgeFor(claude, "x")), Json::parse(R"({"followup_message":"x"})"));
}

}  // namespace
}  // namespace contextsync::hook_session_test
