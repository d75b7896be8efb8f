//! Points in time as APIs write them and as we show them: RFC 3339 in UTC.

use std::fmt;

/// Seconds since 1970. APIs of news know nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

/// The years that RFC 3339 can write.
const RANGE: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;
const DAY: i64 = 86_400;

impl Moment {
    /// From what counts in seconds; `None` for what no calendar of ours has.
    pub(crate) fn from_seconds(seconds: i64) -> Option<Self> {
        RANGE.contains(&seconds).then_some(Self(seconds))
    }

    /// From what counts in milliseconds.
    pub(crate) fn from_millis(millis: i64) -> Option<Self> {
        Self::from_seconds(millis.div_euclid(1000))
    }

    /// From a date, or a date and time with an offset, as ISO 8601 writes them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.splitn(3, '-').map(number::<i64>);
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        if year > 9999 || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let seconds = time.map_or(Some(0), seconds_of_day)?;
        Self::from_seconds(days_before(year, month, day) * DAY + seconds)
    }
}

/// Digits only: `parse` alone would take a sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// `12:30:05.25+08:00` in seconds, in UTC. Without an offset it is taken for UTC.
fn seconds_of_day(time: &str) -> Option<i64> {
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let mut parts = clock.splitn(3, ':');
    let hours: i64 = number(parts.next()?)?;
    let minutes: i64 = number(parts.next()?)?;
    let seconds: i64 = match parts.next() {
        Some(seconds) => number(seconds.split('.').next()?)?,
        None => 0,
    };
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    Some(hours * 3600 + minutes * 60 + seconds - offset_seconds(offset)?)
}

fn offset_seconds(offset: &str) -> Option<i64> {
    if offset.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset[1..].chars().filter(|c| *c != ':').collect();
    if digits.len() > 4 {
        return None;
    }
    let (hours, minutes) = (digits.get(..2)?, digits.get(2..).filter(|it| !it.is_empty()));
    let minutes: i64 = minutes.map_or(Some(0), number)?;
    Some(sign * (number::<i64>(hours)? * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    let next = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days_before(next.0, next.1, 1) - days_before(year, month, 1)
}

/// Days from 1970-01-01 to this date, counting years from March so that the leap day comes last.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days + (153 * month_from_march + 2) / 5 + day - 719_469
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        // The year is off by one at most; the month is found by trying.
        let mut year = 1970 + days.div_euclid(365) - days.div_euclid(365 * 4 + 1) / 4;
        while days_before(year, 1, 1) > days {
            year -= 1;
        }
        while days_before(year + 1, 1, 1) <= days {
            year += 1;
        }
        let month = (1..=12)
            .rev()
            .find(|month| days_before(year, *month, 1) <= days)
            .expect("January begins with the year");
        let day = days - days_before(year, month, 1) + 1;
        let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_and_read() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_175_714_200, "2007-04-04T19:16:40Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (RANGE.start, "0000-01-01T00:00:00Z"),
            (RANGE.end - 1, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Moment(seconds).to_string(), text);
            assert_eq!(Moment::parse(text), Some(Moment(seconds)), "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for day in 0..146_097 {
            let moment = Moment(day * DAY);
            assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
        }
    }

    #[test]
    fn forms_that_apis_use() {
        let noon = Some(Moment(1_175_688_000));
        for text in [
            "2007-04-04T12:00:00.000Z",
            "2007-04-04T20:00:00+08:00",
            "2007-04-04T20:00:00+0800",
            "2007-04-04 07:00-05",
            "2007-04-04t12:00z",
        ] {
            assert_eq!(Moment::parse(text), noon, "{text}");
        }
        assert_eq!(Moment::parse("2007-04-04"), Some(Moment(1_175_644_800)));
        for nonsense in [
            "",
            "now",
            "2007",
            "2007-13-01",
            "2007-02-29",
            "2007-04-04T25:00",
            "2007-04-04T12:00+é",
            "-1-04-04",
            "999999999999999999-01-01",
            "2007-04-04T12:00+0099999999999999999",
            "2007-04-04T12:00+1é",
            "2007-4-4T",
            "99999999999999999999-01-01",
            "2007-04-04T12:00:00+",
        ] {
            assert_eq!(Moment::parse(nonsense), None, "{nonsense}");
        }
    }
}
