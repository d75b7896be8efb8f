//! Numbers with a unit behind them, as in `15s` or `4MiB`.

/// Splits `text` into digits and unit and looks the unit up; `None` unless both are there and fit 64 bits.
pub(crate) fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}
