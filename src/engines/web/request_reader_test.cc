#include "web/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/files.h"
#include "web/exercise_testing.h"
#include "web/framing_cases_testing.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;
using State = RequestReader::State;

constexpr std::string_view kGet = "GET /recommend?a=1 HTTP/1.1\r\nHost: x\r\nX-Y: z\r\n\r\n";

// The status that the bytes are refused with; 0 if they are not.
int RefusedWith(std::string_view bytes) { return ReadAll(bytes, 0).refused_with; }

std::string Head(std::string_view fields) { return HeadWith(fields); }

TEST(RequestReader, ReadsARequestWithoutABody) {
  RequestReader reader({});
  std::size_t consumed = 0;
  EXPECT_FALSE(reader.Started());
  ASSERT_EQ(reader.Feed(kGet, consumed), State::kDone);
  EXPECT_EQ(consumed, kGet.size());
  const Request& request = reader.Received();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/recommend?a=1");
  EXPECT_EQ(request.Find("x-y"), "z");
  EXPECT_EQ(request.Find("absent"), "");
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestReader, ReadsBodiesByLengthAndByChunks) {
  const auto by_length = ReadAll(Head("Content-Length: 5\r\n") + "hello", 1);
  ASSERT_EQ(by_length.requests.size(), 1U);
  EXPECT_THAT(by_length.requests[0], testing::EndsWith("|hello"));
  const auto by_chunks = ReadAll(
      Head("Transfer-Encoding: chunked\r\n") + "2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nTrailer: t\r\n\r\n",
      1);
  ASSERT_EQ(by_chunks.requests.size(), 1U);
  EXPECT_THAT(by_chunks.requests[0], testing::EndsWith("|hello"));
}

TEST(RequestReader, TheLastChunkMayArriveInPieces) {
  RequestReader reader({});
  std::size_t consumed = 0;
  const std::string begin = Head("Transfer-Encoding: chunked\r\n") + "0\r\n";
  ASSERT_EQ(reader.Feed(begin, consumed), State::kNeedMore);
  std::string rest = begin.substr(consumed) + "\r";
  ASSERT_EQ(reader.Feed(rest, consumed), State::kNeedMore);
  rest = rest.substr(consumed) + "\nGET";
  ASSERT_EQ(reader.Feed(rest, consumed), State::kDone);
  EXPECT_EQ(rest.substr(consumed), "GET");
}

TEST(RequestReader, ReadsPipelinedRequestsInOrder) {
  const auto outcome =
      ReadAll(std::string(kGet) + Head("Content-Length: 2\r\n") + "ab" + std::string(kGet), 0);
  ASSERT_EQ(outcome.requests.size(), 3U);
  EXPECT_THAT(outcome.requests[1], HasSubstr("|ab"));
  EXPECT_EQ(outcome.requests[0], outcome.requests[2]);
}

TEST(RequestReader, OneEmptyLineBeforeARequestIsForgiven) {
  EXPECT_EQ(ReadAll("\r\n" + std::string(kGet), 1).requests.size(), 1U);
  EXPECT_EQ(RefusedWith("\r\n\r\n" + std::string(kGet)), 400);
}

TEST(RequestReader, ConnectionFieldsDecideWhetherItStaysOpen) {
  EXPECT_THAT(ReadAll("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 0).requests[0],
              HasSubstr("|close|"));
  EXPECT_THAT(ReadAll("GET / HTTP/1.0\r\n\r\n", 0).requests[0], HasSubstr("|close|"));
  EXPECT_THAT(ReadAll("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0).requests[0],
              HasSubstr("|keep|"));
}

TEST(RequestReader, FramingThatTwoReadersCouldReadDifferentlyIsRefused) {
  for (const RefusedCase& one : FramingCases()) {
    EXPECT_EQ(RefusedWith(one.bytes), one.status) << one.bytes;
    EXPECT_EQ(ReadAll(one.bytes, 1).refused_with, one.status) << one.bytes;
  }
}

TEST(RequestReader, OnlyOptionsMayAskForAll) {
  EXPECT_EQ(RefusedWith("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
  EXPECT_EQ(RefusedWith("GET * HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(RefusedWith("OPTIONS ** HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(RefusedWith("OPTIONS http://x HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(RequestReader, LimitsHoldBeforeTheWholeHasArrived) {
  EXPECT_EQ(RefusedWith("GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(RefusedWith("GET /" + std::string(5000, 'a')), 414);
  EXPECT_EQ(RefusedWith(Head("A: " + std::string(3000, 'a') + "\r\n")), 431);
  EXPECT_EQ(RefusedWith("GET / HTTP/1.1\r\nA: " + std::string(3000, 'a')), 431);
  std::string many;
  for (int i = 0; i < 30; ++i) many += "A: b\r\n";
  EXPECT_EQ(RefusedWith(Head(many)), 431);
  EXPECT_EQ(RefusedWith(Head("Content-Length: 1025\r\n")), 413);
  EXPECT_EQ(RefusedWith(Head("Content-Length: 1024\r\n")), 0);
  EXPECT_EQ(RefusedWith(Head("Transfer-Encoding: chunked\r\n") + "401\r\n"), 413);
  std::string framing;
  for (int i = 0; i < 100; ++i) framing += "1;" + std::string(200, 'x') + "\r\na\r\n";
  EXPECT_EQ(RefusedWith(Head("Transfer-Encoding: chunked\r\n") + framing), 400);
  EXPECT_EQ(RefusedWith(Head("Transfer-Encoding: chunked\r\n") + "1;" + std::string(5000, 'x')),
            400);
}

TEST(RequestReader, AClientThatWaitsForContinueIsTold) {
  RequestReader reader({});
  std::size_t consumed = 0;
  const std::string head = Head("Content-Length: 2\r\nExpect: 100-continue\r\n");
  EXPECT_EQ(reader.Feed(head, consumed), State::kNeedMore);
  EXPECT_TRUE(reader.TakeContinue());
  EXPECT_FALSE(reader.TakeContinue());
  EXPECT_EQ(reader.Feed("ab", consumed), State::kDone);
  reader.Reset();
  EXPECT_EQ(reader.Feed(head + "a", consumed), State::kNeedMore);
  EXPECT_FALSE(reader.TakeContinue());
  EXPECT_EQ(RefusedWith(Head("Expect: a miracle\r\n")), 417);
}

TEST(RequestReader, TheFuzzersCorpusReadsTheSameWholeAndInPieces) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(AISLE_SOURCE_DIR) / "src/engines/web/corpus")) {
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    Exercise(*bytes);
    ++count;
  }
  EXPECT_GE(count, 5);
}

}  // namespace
}  // namespace aisle::web
