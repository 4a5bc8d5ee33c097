//! nftables text back to the tree: what this backend prints, and the common part of what people write.
//!
//! What is not understood is a [`Fault`] with its line and column and is not in the tree: a ruleset with faults must
//! not be taken for equal to anything. Bounds: [`MAX_LENGTH`] bytes of text.

use super::print::TABLE;
use super::tree::{Comment, Family, Interval, Match, Rule, Ruleset, Set, SetName, Source, Verdict};
use std::collections::BTreeMap;

mod statement;
mod token;

use statement::statement;
use token::{Token, TokenKind, tokens};

/// The longest text that is read.
pub const MAX_LENGTH: usize = 64 << 20;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The rules that were understood.
    pub ruleset: Ruleset,
    /// What was not, in the order of the text.
    pub faults: Vec<Fault>,
    /// The line of each rule.
    pub lines: Vec<usize>,
    /// Rules of the forward chain that were not understood: how many understood ones stand before each, and its line.
    pub unread: Vec<(usize, usize)>,
}

/// Something that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct Fault {
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
    /// What it is.
    pub kind: FaultKind,
}

/// What was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The text is too long.
    #[error("the text is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// A word is not known here; the rest of its statement was passed over.
    #[error("`{word}` is not understood here; its statement is not in the rules that were read")]
    Unknown {
        /// The word.
        word: String,
    },
    /// The text ends too early.
    #[error("the text ends within a block")]
    Unclosed,
    /// A rule names a set that is not there.
    #[error("there is no set `{name}`")]
    NoSet {
        /// The name.
        name: String,
    },
    /// The forward chain lets through what no rule matches.
    #[error("the forward chain's policy is not `drop`: what no rule matches is let through")]
    DefaultAccept,
    /// There is no forward chain in the table.
    #[error("there is no chain with `hook forward` in table {TABLE}")]
    NoForwardChain,
}

/// Reads a file's text.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let empty = Ruleset {
        scope: Comment::new(""),
        sets: BTreeMap::new(),
        rules: Vec::new(),
    };
    if text.len() > MAX_LENGTH {
        let fault = Fault {
            line: 1,
            column: 1,
            kind: FaultKind::TooLong,
        };
        return Parsed {
            ruleset: empty,
            faults: vec![fault],
            lines: Vec::new(),
            unread: Vec::new(),
        };
    }
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
        parsed: Parsed {
            ruleset: empty,
            faults: Vec::new(),
            lines: Vec::new(),
            unread: Vec::new(),
        },
        chain: Chain::Absent,
    };
    reader.parsed.ruleset.scope = scope(text);
    reader.file();
    reader.finish()
}

/// The header names what the rules are for.
fn scope(text: &str) -> Comment {
    let named = text
        .lines()
        .take(4)
        .find_map(|line| line.strip_prefix("# Cofferdam: rules of ")?.split(',').next());
    Comment::new(named.unwrap_or_default())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chain {
    Absent,
    Accepts,
    Drops,
}

pub(super) struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    parsed: Parsed,
    chain: Chain,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.tokens.get(self.at).copied();
        self.at += usize::from(token.is_some());
        token
    }

    fn next_if(&mut self, text: &str) -> bool {
        let found = self
            .peek()
            .is_some_and(|token| token.text == text && token.kind != TokenKind::Text);
        self.at += usize::from(found);
        found
    }

    fn fault(&mut self, token: Option<Token<'_>>, kind: FaultKind) {
        let (line, column) = token
            .or_else(|| self.tokens.last().copied())
            .map_or((1, 1), |token| (token.line, token.column));
        self.parsed.faults.push(Fault { line, column, kind });
    }

    fn unknown(&mut self, token: Token<'_>) {
        let word = token.text.chars().take(60).collect();
        self.fault(Some(token), FaultKind::Unknown { word });
    }

    fn file(&mut self) {
        while let Some(token) = self.next() {
            match token.text {
                "\n" | ";" => {}
                // They make way for the table that follows.
                "add" | "delete" | "destroy" | "flush" => self.skip_statement(),
                "table" => self.table(),
                _ => {
                    self.unknown(token);
                    self.skip_statement();
                }
            }
        }
    }

    fn table(&mut self) {
        let mut name = Vec::new();
        while let Some(token) = self.next() {
            match token.text {
                "{" => break,
                _ => name.push(token),
            }
        }
        let words: Vec<_> = name.iter().map(|token| token.text).collect();
        if words.join(" ") != TABLE {
            if let Some(token) = name.first() {
                self.unknown(*token);
            }
            self.skip_block();
            return;
        }
        while let Some(token) = self.next() {
            match token.text {
                "}" => return,
                "\n" | ";" => {}
                "set" => self.set(),
                "chain" => self.chain(),
                _ => {
                    self.unknown(token);
                    self.skip_statement();
                }
            }
        }
        self.fault(None, FaultKind::Unclosed);
    }

    fn set(&mut self) {
        let Some(name) = self.next() else {
            return self.fault(None, FaultKind::Unclosed);
        };
        if !self.next_if("{") {
            self.unknown(name);
            return self.skip_statement();
        }
        let mut family = None;
        let mut elements = Vec::new();
        while let Some(token) = self.next() {
            match token.text {
                "}" => {
                    if let Some(family) = family {
                        let set = Set { family, elements };
                        self.parsed.ruleset.sets.insert(SetName::new(name.text), set);
                    } else {
                        self.unknown(name);
                    }
                    return;
                }
                "\n" | ";" => {}
                "type" => match self.next().map(|token| token.text) {
                    Some("ipv4_addr") => family = Some(Family::V4),
                    Some("ipv6_addr") => family = Some(Family::V6),
                    Some(_) | None => self.unknown(token),
                },
                // How the kernel stores it changes nothing.
                "flags" | "auto-merge" | "size" => self.skip_statement(),
                "elements" => self.elements(&mut elements),
                _ => {
                    self.unknown(token);
                    self.skip_statement();
                }
            }
        }
        self.fault(None, FaultKind::Unclosed);
    }

    fn elements(&mut self, elements: &mut Vec<Interval>) {
        if !(self.next_if("=") && self.next_if("{")) {
            return self.skip_statement();
        }
        while let Some(token) = self.next() {
            match token.text {
                "}" => return,
                "," | "\n" => {}
                text => match statement::interval(text) {
                    Some((_, interval)) => elements.push(interval),
                    None => self.unknown(token),
                },
            }
        }
        self.fault(None, FaultKind::Unclosed);
    }

    fn chain(&mut self) {
        let Some(name) = self.next() else {
            return self.fault(None, FaultKind::Unclosed);
        };
        if !self.next_if("{") {
            self.unknown(name);
            return self.skip_statement();
        }
        let mut forward = false;
        while let Some(token) = self.next() {
            match token.text {
                "}" => return,
                "\n" | ";" => {}
                "type" => forward = self.hook(),
                "policy" => {
                    let drops = self.next().is_some_and(|token| token.text == "drop");
                    if forward {
                        self.chain = if drops { Chain::Drops } else { Chain::Accepts };
                    }
                }
                _ if !forward => {
                    self.unknown(name);
                    return self.skip_block();
                }
                _ => {
                    self.at -= 1;
                    self.rule();
                }
            }
        }
        self.fault(None, FaultKind::Unclosed);
    }

    /// `filter hook forward priority filter`: whether packets that are forwarded come through here.
    fn hook(&mut self) -> bool {
        let mut words = Vec::new();
        while let Some(token) = self.next() {
            match token.text {
                ";" | "\n" => break,
                text => words.push(text),
            }
        }
        let forward = words.windows(2).any(|pair| pair == ["hook", "forward"]);
        if forward {
            self.chain = Chain::Accepts;
        }
        forward
    }

    fn rule(&mut self) {
        let start = self.at;
        let mut line = Vec::new();
        let mut depth = 0usize;
        while let Some(token) = self.peek().copied() {
            match token.text {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                "\n" | ";" if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
            line.push(token);
        }
        match statement(&line) {
            Ok(Some(rule)) => {
                self.check_sets(&rule, start);
                self.parsed.ruleset.rules.push(rule);
                self.parsed.lines.push(line.first().map_or(1, |token| token.line));
            }
            // It logs and goes on.
            Ok(None) => {}
            Err(token) => {
                let before = self.parsed.ruleset.rules.len();
                self.parsed.unread.push((before, token.line));
                self.unknown(token);
            }
        }
    }

    fn check_sets(&mut self, rule: &Rule, start: usize) {
        for condition in &rule.matches {
            let (Match::Source(_, Source::Named(name)) | Match::Destination(_, Source::Named(name))) =
                condition
            else {
                continue;
            };
            if !self.parsed.ruleset.sets.contains_key(name) {
                let token = self.tokens.get(start).copied();
                self.fault(
                    token,
                    FaultKind::NoSet {
                        name: name.to_string(),
                    },
                );
            }
        }
    }

    fn skip_statement(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            match token.text {
                "{" => depth += 1,
                "}" if depth == 0 => return,
                "}" => depth -= 1,
                "\n" | ";" if depth == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn skip_block(&mut self) {
        self.skip_to_close();
        self.next_if("}");
    }

    fn skip_to_close(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            match token.text {
                "{" => depth += 1,
                "}" if depth == 0 => return,
                "}" => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn finish(mut self) -> Parsed {
        let rules = &mut self.parsed.ruleset.rules;
        // The default is said by the tree itself.
        let default = |rule: &Rule| rule.matches.is_empty() && rule.verdict == Verdict::Drop;
        let denied = rules.pop_if(|rule| default(rule)).is_some();
        self.parsed.lines.truncate(rules.len());
        match self.chain {
            Chain::Absent => self.fault(None, FaultKind::NoForwardChain),
            Chain::Accepts if !denied => self.fault(None, FaultKind::DefaultAccept),
            Chain::Accepts | Chain::Drops => {}
        }
        self.parsed
    }
}
