//! Words for a shell.

/// The word as a POSIX shell reads it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_that_were_meant() {
        for word in [
            "plain",
            "http://h:1/a?b=c&d",
            "it's",
            "",
            "$HOME `x` \"y\"\\",
            "a b",
            "*",
            "~",
        ] {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").arg("-c").arg(script).output();
            let output = output.expect("there is a shell");
            assert_eq!(String::from_utf8(output.stdout).as_deref(), Ok(word));
        }
        assert_eq!(quoted("http://h:1/mcp"), "http://h:1/mcp");
    }
}
