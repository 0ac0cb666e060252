// An SMTP server on loopback that misbehaves on demand, at every step (LIB-32).
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace smtpapi {

class ScriptedSmtpServer {
 public:
  enum class Step { greeting, ehlo, xforward, mail, rcpt, data, content, reset, quit };
  enum class Then { go_on, close, stall };

  /// What happens at a step: `text` ("550 5.1.1 no", several lines with CRLF between them, "" for
  /// nothing at all), and then.
  struct Answer {
    std::string text;
    Then then = Then::go_on;
    bool behind_data = false;  ///< only once the next DATA has come: who does not say it hangs
  };

  /// One message whose content came, taken or not.
  struct Message {
    int session = 0;   ///< counted from 1
    std::string mail;  ///< the whole command
    std::string rcpt;
    std::string content;  ///< dots and line ends as sent, less the final ".\r\n"
  };

  /// `features`: what EHLO offers. `path`: of a UNIX socket in place of a port.
  explicit ScriptedSmtpServer(std::vector<std::string> features = {"PIPELINING", "8BITMIME", "DSN"},
                              const std::string& path = "");
  ~ScriptedSmtpServer();
  ScriptedSmtpServer(const ScriptedSmtpServer&) = delete;
  ScriptedSmtpServer& operator=(const ScriptedSmtpServer&) = delete;

  /// "127.0.0.1:PORT" or "unix:PATH".
  const std::string& address() const { return address_; }

  /// The next time a session comes to `step`, this is the answer; several calls queue up.
  void once(Step step, Answer answer);
  /// From now on, whenever nothing is queued for `step`.
  void always(Step step, Answer answer);
  /// Answers to MAIL and RCPT wait until DATA has come: a client that does not pipeline hangs.
  void hold_answers_until_data() { holds_answers_ = true; }
  /// Ends all sessions from the server's side, as an idle limit does.
  void drop_sessions();

  std::vector<Message> messages() const;
  /// All commands of all sessions, "1: MAIL FROM:<a@b>" with the session's number in front.
  std::vector<std::string> commands() const;
  int sessions() const;
  /// True if something came before the answer to what came before it was sent.
  bool was_pipelined() const;

 private:
  struct Session;
  static bool fill(Session& session);
  void accept_all();
  void serve(Session& session);
  Answer choose(Step step, const std::string& usual);
  bool give(Session& session, Step step, const Answer& answer);
  bool send_now(Session& session, const std::string& text);

  int listener_ = -1;
  std::string address_;
  std::vector<std::string> features_;
  bool holds_answers_ = false;

  mutable std::mutex mutex_;
  std::map<Step, std::deque<Answer>> queued_;
  std::map<Step, Answer> standing_;
  std::vector<Message> messages_;
  std::vector<std::string> commands_;
  bool pipelined_ = false;
  int sessions_ = 0;
  bool ending_ = false;
  std::map<int, int> open_;  // session -> socket
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace smtpapi
