//! The command line.

/// What the program does beside answering.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// `--banner`: prints a greeting on standard output before the first message, and noise between messages.
    pub(crate) banner: bool,
    /// `--ansi`: puts terminal escape sequences before every message.
    pub(crate) ansi: bool,
    /// `--crlf`: ends lines with CR LF, sends blank lines, and a byte order mark before the first message.
    pub(crate) crlf: bool,
    /// `--bad-utf8`: sends a line that is not UTF-8 before every answer.
    pub(crate) bad_utf8: bool,
    /// `--batch`: wraps every answer in an array, as servers of 2025-03-26 may.
    pub(crate) batch: bool,
    /// `--giant-line BYTES`: sends a line of that many bytes before the first answer.
    pub(crate) giant_line: Option<u64>,
    /// `--duplicate-answers`: answers everything twice.
    pub(crate) duplicate_answers: bool,
    /// `--silent`: reads and never answers.
    pub(crate) silent: bool,
    /// `--never-read`: does not read and does not end.
    pub(crate) never_read: bool,
    /// `--crash-after N`: aborts in the middle of the Nth `tools/call`, which is not answered.
    pub(crate) crash_after: Option<u64>,
    /// `--exit-on-start CODE`: says something on standard error and exits with that code.
    pub(crate) exit_on_start: Option<u8>,
    /// `--slow-start MS`: sleeps before it reads anything.
    pub(crate) slow_start: Option<u64>,
    /// `--close-stdout`: closes standard output at the first `tools/call` and lives on.
    pub(crate) close_stdout: bool,
    /// `--close-stdin`: closes standard input at the first `tools/call` and lives on.
    pub(crate) close_stdin: bool,
    /// `--stderr-flood`: writes to standard error without end, without newlines.
    pub(crate) stderr_flood: bool,
    /// `--stderr TEXT`: writes a line to standard error at the start.
    pub(crate) stderr: Option<String>,
    /// `--ignore-eof`: lives on after the end of standard input.
    pub(crate) ignore_eof: bool,
    /// `--ignore-term`: ignores SIGTERM.
    pub(crate) ignore_term: bool,
    /// `--fork`: leaves a grandchild in the same session that sleeps for an hour.
    pub(crate) fork: bool,
    /// `--double-fork`: leaves one in a session of its own, with another parent.
    pub(crate) double_fork: bool,
    /// `--orphan-exits`: with `--double-fork`, the grandchild ends at once instead of sleeping.
    pub(crate) orphan_exits: bool,
    /// `--ask METHOD`: puts this request to the client during each `tools/call` and its answer into the result.
    pub(crate) ask: Option<String>,
    /// `--progress N`: sends that many progress notifications if the call has a token.
    pub(crate) progress: u64,
    /// `--log LEVEL`: sends a log message of that level during each call.
    pub(crate) log: Option<String>,
    /// `--list-changed`: sends `notifications/tools/list_changed` after each call.
    pub(crate) list_changed: bool,
    /// `--dump-env`: the result of a call is a JSON object with `env`, `fds`, `cwd`, `pid`, `sid` and `pgid`.
    pub(crate) dump_env: bool,
    /// `--resources`: offers resources, subscriptions and the tool `touch`.
    pub(crate) resources: bool,
    /// `--dribble`: writes standard output byte by byte.
    pub(crate) dribble: bool,
    /// `--pieces`: writes each line in two pieces with a pause between them.
    pub(crate) pieces: bool,
    /// `--late MS`: takes so long for each call; calls queue up behind each other.
    pub(crate) late: Option<u64>,
    /// `--reorder MS`: keeps the answers to calls until nothing was asked for so long, then sends the last one first.
    pub(crate) reorder: Option<u64>,
    /// `--guess-ids`: before the answer to a call, sends its result with ids of every kind that are not the call's.
    pub(crate) guess_ids: bool,
    /// `--wrong-id`: answers calls with the id that follows the right one, and with no other.
    pub(crate) wrong_id: bool,
    /// `--bad-answer KIND`: answers to calls are no valid messages; kinds are in `mischief.rs`.
    pub(crate) bad_answer: Option<String>,
    /// `--huge-result BYTES`: results of calls are longer by so much.
    pub(crate) huge_result: u64,
    /// `--foreign-notifications`: around each answer, sends notifications about calls, resources and questions that are not there.
    pub(crate) foreign_notifications: bool,
    /// `--late-log`: after each answer, sends a log message that tells the call's arguments.
    pub(crate) late_log: bool,
    /// `--odd-questions`: asks before it has answered `initialize`, twice with one id, without waiting, and after the answer.
    pub(crate) odd_questions: bool,
    /// `--flood N`: sends that many notifications of several kinds before the answer to a call.
    pub(crate) flood: u64,
    /// `--flood-forever`: from the first call on, sends notifications without end beside the answers.
    pub(crate) flood_forever: bool,
    /// `--stop-reading-after N`: reads nothing more after the answer to the Nth call, and does not end.
    pub(crate) stop_reading_after: Option<u64>,
    /// `--exit-at-initialize CODE`: exits with that code instead of answering `initialize`.
    pub(crate) exit_at_initialize: Option<u8>,
    /// `--exit-in-call N`: exits in good order in the middle of the Nth call.
    pub(crate) exit_in_call: Option<u64>,
    /// `--die-in-answer N`: aborts in the middle of the line that answers the Nth call.
    pub(crate) die_in_answer: Option<u64>,
    /// `--exit-after-answer N`: exits after the answer to the Nth call, which lacks its line end.
    pub(crate) exit_after_answer: Option<u64>,
    /// `--freeze N`: stops like a program under a debugger (SIGSTOP) in the Nth call.
    pub(crate) freeze: Option<u64>,
    /// `--modern`: speaks 2026-07-28 only. Of the other flags, those that concern calls, resources and output hold.
    pub(crate) speaks_2026: bool,
    /// `--fork-holding`: leaves a grandchild that holds standard input and output open.
    pub(crate) fork_holding: bool,
}

impl Flags {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut flags = Self::default();
        while let Some(flag) = args.next() {
            match flag.as_str() {
                "--banner" => flags.banner = true,
                "--ansi" => flags.ansi = true,
                "--crlf" => flags.crlf = true,
                "--bad-utf8" => flags.bad_utf8 = true,
                "--batch" => flags.batch = true,
                "--duplicate-answers" => flags.duplicate_answers = true,
                "--silent" => flags.silent = true,
                "--never-read" => flags.never_read = true,
                "--close-stdout" => flags.close_stdout = true,
                "--close-stdin" => flags.close_stdin = true,
                "--stderr-flood" => flags.stderr_flood = true,
                "--ignore-eof" => flags.ignore_eof = true,
                "--ignore-term" => flags.ignore_term = true,
                "--fork" => flags.fork = true,
                "--double-fork" => flags.double_fork = true,
                "--orphan-exits" => flags.orphan_exits = true,
                "--list-changed" => flags.list_changed = true,
                "--dump-env" => flags.dump_env = true,
                "--resources" => flags.resources = true,
                "--dribble" => flags.dribble = true,
                "--pieces" => flags.pieces = true,
                "--guess-ids" => flags.guess_ids = true,
                "--wrong-id" => flags.wrong_id = true,
                "--foreign-notifications" => flags.foreign_notifications = true,
                "--late-log" => flags.late_log = true,
                "--odd-questions" => flags.odd_questions = true,
                "--flood-forever" => flags.flood_forever = true,
                "--modern" => flags.speaks_2026 = true,
                "--fork-holding" => flags.fork_holding = true,
                _ => flags.parse_with_value(&flag, args.next())?,
            }
        }
        Ok(flags)
    }

    fn parse_with_value(&mut self, flag: &str, value: Option<String>) -> Result<(), String> {
        let value = value.ok_or_else(|| format!("{flag} is unknown or needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{flag} needs a number, not {value:?}"))
        };
        let code = || Ok::<_, String>(number()?.to_le_bytes()[0]);
        match flag {
            "--crash-after" => self.crash_after = Some(number()?),
            "--exit-on-start" => self.exit_on_start = Some(code()?),
            "--exit-at-initialize" => self.exit_at_initialize = Some(code()?),
            "--exit-in-call" => self.exit_in_call = Some(number()?),
            "--die-in-answer" => self.die_in_answer = Some(number()?),
            "--exit-after-answer" => self.exit_after_answer = Some(number()?),
            "--stop-reading-after" => self.stop_reading_after = Some(number()?),
            "--freeze" => self.freeze = Some(number()?),
            "--late" => self.late = Some(number()?),
            "--reorder" => self.reorder = Some(number()?),
            "--huge-result" => self.huge_result = number()?,
            "--flood" => self.flood = number()?,
            "--bad-answer" => self.bad_answer = Some(value),
            "--giant-line" => self.giant_line = Some(number()?),
            "--slow-start" => self.slow_start = Some(number()?),
            "--progress" => self.progress = number()?,
            "--ask" => self.ask = Some(value),
            "--log" => self.log = Some(value),
            "--stderr" => self.stderr = Some(value),
            _ => return Err(format!("{flag} is unknown")),
        }
        Ok(())
    }
}
