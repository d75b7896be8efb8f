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
        match flag {
            "--crash-after" => self.crash_after = Some(number()?),
            "--exit-on-start" => self.exit_on_start = Some(number()?.to_le_bytes()[0]),
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
