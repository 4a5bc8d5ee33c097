//! The plant's calendar: UTC dates, weekdays and shifts out of timestamps. No leap seconds, as in captures.

use cofferdam_terms::Timestamp;
use std::time::Duration;

pub(crate) const DAY: Duration = Duration::from_hours(24);

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// Who is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shift {
    /// Monday to Friday, 06:00 to 18:00.
    Day,
    /// Monday to Friday, the rest.
    Night,
    /// Saturday and Sunday.
    Weekend,
}

/// A date of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    /// Days since 1970-01-01.
    pub(crate) days: i64,
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: i64,
    /// 1 to 31.
    pub(crate) day: i64,
}

impl Date {
    pub(crate) fn of(time: Timestamp) -> Self {
        Self::from_days(time.secs().div_euclid(86_400))
    }

    /// Counts in 400-year eras that begin on 1 March, so that the leap day is a year's last.
    pub(crate) fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            days,
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        }
    }

    pub(crate) fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.days + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// Whether no later day of the month is the same weekday.
    pub(crate) fn is_last_weekday_of_month(self) -> bool {
        Self::from_days(self.days + 7).month != self.month
    }

    pub(crate) fn at(self, hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_secs(self.days * 86_400 + hour * 3_600 + minute * 60)
    }
}

pub(crate) fn shift(time: Timestamp) -> Shift {
    let hour = time.secs().rem_euclid(86_400) / 3_600;
    match Date::of(time).weekday() {
        Weekday::Saturday | Weekday::Sunday => Shift::Weekend,
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => {
            if (6..18).contains(&hour) {
                Shift::Day
            } else {
                Shift::Night
            }
        }
    }
}

/// When the next day shift begins, seen from outside one.
pub(crate) fn next_day_shift(time: Timestamp) -> Timestamp {
    let today = Date::of(time);
    (0..7)
        .map(|ahead| Date::from_days(today.days + ahead).at(6, 0))
        .find(|begin| *begin > time && shift(*begin) == Shift::Day)
        .unwrap_or_else(|| time.plus(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, year, month, day, weekday) in [
            (0, 1970, 1, 1, Weekday::Thursday),
            (951_782_400, 2000, 2, 29, Weekday::Tuesday),
            (1_772_409_600, 2026, 3, 2, Weekday::Monday),
            (1_774_656_000, 2026, 3, 28, Weekday::Saturday),
            (4_107_542_400, 2100, 3, 1, Weekday::Monday),
        ] {
            let date = Date::of(Timestamp::from_secs(seconds));
            assert_eq!(
                (date.year, date.month, date.day, date.weekday()),
                (year, month, day, weekday)
            );
        }
        assert!(Date::of(Timestamp::from_secs(1_774_656_000)).is_last_weekday_of_month());
        assert!(!Date::of(Timestamp::from_secs(1_774_051_200)).is_last_weekday_of_month());
    }

    #[test]
    fn the_day_shift_after_friday_evening_is_monday_s() {
        let friday = Timestamp::from_secs(1_772_409_600 + 4 * 86_400 + 18 * 3_600);
        assert_eq!(shift(friday), Shift::Night);
        assert_eq!(
            next_day_shift(friday),
            Timestamp::from_secs(1_772_409_600 + 7 * 86_400 + 6 * 3_600)
        );
    }
}
