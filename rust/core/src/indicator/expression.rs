//! Indicators that are expressions over fields and other indicators: `(close - sma_20) / stddev_20`.
//!
//! Compiled to postfix once. It keeps no state: what it needs of the past is in the indicators that it names.

use std::sync::Arc;

use crate::bar::Bar;
use crate::error::{Error, Result};

use super::definition::Definition;
use super::input::Field;
use super::source::Source;

/// How deep an expression may be nested, and how long it may be.
const DEEPEST: usize = 32;
const LONGEST: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Op {
    Number(f64),
    Field(Field),
    /// One of the parts.
    Part(usize),
    Neg,
    Not,
    Add,
    Sub,
    Mul,
    Div,
    Less,
    LessEqual,
    Equal,
    And,
    Or,
    Abs,
    Sqrt,
    Log,
    Exp,
    Min,
    Max,
    Where,
}

/// Names of functions, how many arguments they take, and what they are.
const FUNCTIONS: [(&str, usize, Op); 7] = [
    ("abs", 1, Op::Abs),
    ("sqrt", 1, Op::Sqrt),
    ("log", 1, Op::Log),
    ("exp", 1, Op::Exp),
    ("min", 2, Op::Min),
    ("max", 2, Op::Max),
    ("where", 3, Op::Where),
];

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Expression {
    text: Arc<str>,
    ops: Vec<Op>,
    parts: Vec<(Definition, usize)>,
}

impl Expression {
    /// Compiles `text`, the expression of the indicator `name`.
    ///
    /// Numbers, fields, indicators as they stand in a key but without the interval, `+ - * /`, comparisons (1 where they
    /// hold, 0 where not), `and`, `or`, `not`, and `abs sqrt log exp min max where`. Without a value of any part there is
    /// none, nor where the result is not finite.
    pub fn new(name: &str, text: &str) -> Result<Self> {
        let mut parser = Parser { name, text, at: 0, depth: 0, ops: Vec::new(), parts: Vec::new() };
        if text.len() > LONGEST {
            return Err(parser.refused(&format!("it is longer than {LONGEST} characters")));
        }
        parser.any()?;
        if let Some(rest) = parser.peek() {
            return Err(parser.refused(&format!("{rest:?} is one too many")));
        }
        let Parser { ops, parts, .. } = parser;
        Ok(Self { text: text.into(), ops, parts })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The indicators that it names, each with an output.
    pub(super) fn parts(&self) -> &[(Definition, usize)] {
        &self.parts
    }

    /// Its value, where the `i`-th part is `outputs[places[i]]`.
    pub(super) fn value(&self, bar: &Bar, outputs: &[f64], places: &[usize]) -> f64 {
        let mut stack = [0.0_f64; DEEPEST + 2];
        let mut top = 0;
        for op in &self.ops {
            let value = match *op {
                Op::Number(number) => number,
                Op::Field(field) => field.of(bar),
                Op::Part(part) => outputs[places[part]],
                Op::Where => {
                    top -= 3;
                    let [condition, then, other] = [stack[top], stack[top + 1], stack[top + 2]];
                    if condition.is_nan() {
                        condition
                    } else if condition == 0.0 {
                        other
                    } else {
                        then
                    }
                }
                Op::Neg | Op::Not | Op::Abs | Op::Sqrt | Op::Log | Op::Exp => {
                    top -= 1;
                    of_one(*op, stack[top])
                }
                _ => {
                    top -= 2;
                    of_two(*op, stack[top], stack[top + 1])
                }
            };
            stack[top] = value;
            top += 1;
        }
        if stack[0].is_finite() { stack[0] } else { f64::NAN }
    }
}

fn of_one(op: Op, x: f64) -> f64 {
    match op {
        Op::Neg => -x,
        Op::Not if x.is_nan() => x,
        Op::Not => f64::from(u8::from(x == 0.0)),
        Op::Abs => x.abs(),
        Op::Sqrt => x.sqrt(),
        Op::Log => x.ln(),
        _ => x.exp(),
    }
}

fn of_two(op: Op, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let truth = |holds: bool| f64::from(u8::from(holds));
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        Op::Less => truth(a < b),
        Op::LessEqual => truth(a <= b),
        Op::Equal => truth(a == b),
        Op::And => truth(a != 0.0 && b != 0.0),
        Op::Or => truth(a != 0.0 || b != 0.0),
        Op::Min => a.min(b),
        _ => a.max(b),
    }
}

/// Recursive descent; each method compiles what binds at least as tightly as its name says.
struct Parser<'a> {
    name: &'a str,
    text: &'a str,
    at: usize,
    depth: usize,
    ops: Vec<Op>,
    parts: Vec<(Definition, usize)>,
}

const SIGNS: [&str; 13] = ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ","];

impl<'a> Parser<'a> {
    fn refused(&self, reason: &str) -> Error {
        let (name, text) = (self.name.to_owned(), self.text.to_owned());
        Error::Expression { name, text, at: self.at, reason: reason.to_owned() }
    }

    /// The next word or sign, which stays where it is.
    fn peek(&self) -> Option<&'a str> {
        let rest = self.text[self.at..].trim_start();
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            return Some(sign);
        }
        let of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
        // What is neither is one character of its own.
        let end = if end == 0 { rest.chars().next()?.len_utf8() } else { end };
        Some(&rest[..end])
    }

    /// Takes the next word or sign if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        if found {
            let spaces = self.text[self.at..].len() - self.text[self.at..].trim_start().len();
            self.at += spaces + word.len();
        }
        found
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        if self.take(word) {
            return Ok(());
        }
        let found = self.peek().map_or("its end".to_owned(), |found| format!("{found:?}"));
        Err(self.refused(&format!("{word:?} should stand where {found} is")))
    }

    fn any(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST / 2 {
            return Err(self.refused("it is nested too deeply"));
        }
        self.both()?;
        while self.take("or") {
            self.both()?;
            self.ops.push(Op::Or);
        }
        self.depth -= 1;
        Ok(())
    }

    fn both(&mut self) -> Result<()> {
        self.negated()?;
        while self.take("and") {
            self.negated()?;
            self.ops.push(Op::And);
        }
        Ok(())
    }

    fn negated(&mut self) -> Result<()> {
        let mut times = 0;
        while self.take("not") {
            times += 1;
        }
        self.compared()?;
        self.ops.extend(std::iter::repeat_n(Op::Not, times));
        Ok(())
    }

    fn compared(&mut self) -> Result<()> {
        self.sum()?;
        // `a > b` is not `a <= b`: without a value of either there is none of this.
        let signs: [(&str, &[Op]); 6] = [
            ("<=", &[Op::LessEqual]),
            (">=", &[Op::Less, Op::Not]),
            ("==", &[Op::Equal]),
            ("!=", &[Op::Equal, Op::Not]),
            ("<", &[Op::Less]),
            (">", &[Op::LessEqual, Op::Not]),
        ];
        for (sign, ops) in signs {
            if self.take(sign) {
                self.sum()?;
                self.ops.extend(ops);
                return Ok(());
            }
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<()> {
        self.product()?;
        loop {
            let op = if self.take("+") {
                Op::Add
            } else if self.take("-") {
                Op::Sub
            } else {
                return Ok(());
            };
            self.product()?;
            self.ops.push(op);
        }
    }

    fn product(&mut self) -> Result<()> {
        self.signed()?;
        loop {
            let op = if self.take("*") {
                Op::Mul
            } else if self.take("/") {
                Op::Div
            } else {
                return Ok(());
            };
            self.signed()?;
            self.ops.push(op);
        }
    }

    fn signed(&mut self) -> Result<()> {
        let mut times = 0;
        while self.take("-") {
            times += 1;
        }
        self.one()?;
        self.ops.extend(std::iter::repeat_n(Op::Neg, times % 2));
        Ok(())
    }

    fn one(&mut self) -> Result<()> {
        if self.take("(") {
            self.any()?;
            return self.expect(")");
        }
        let Some(word) = self.peek() else {
            return Err(self.refused("it ends where a value should stand"));
        };
        if SIGNS.contains(&word) || ["and", "or", "not"].contains(&word) {
            return Err(self.refused(&format!("{word:?} stands where a value should")));
        }
        if let Some(&(function, arguments, op)) = FUNCTIONS.iter().find(|(function, ..)| *function == word) {
            // `max` is a function, `max_20` an indicator.
            self.take(function);
            self.expect("(")?;
            for argument in 0..arguments {
                if argument > 0 {
                    self.expect(",")?;
                }
                self.any()?;
            }
            self.ops.push(op);
            return self.expect(")");
        }
        let op = if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            Op::Number(word.parse().map_err(|_| self.refused(&format!("{word:?} is not a number")))?)
        } else {
            match Source::parse(word).map_err(|error| self.refused(&error.to_string()))? {
                Source::Field(field) => Op::Field(field),
                Source::Output(definition, _) if definition.is_custom() => {
                    let reason = format!(
                        "{word}: the values of an indicator of one's own come after those of the catalogue"
                    );
                    return Err(self.refused(&reason));
                }
                Source::Output(definition, output) => {
                    let text = definition.text();
                    let there = self.parts.iter().position(|(d, o)| d.text() == text && *o == output);
                    Op::Part(there.unwrap_or_else(|| {
                        self.parts.push((*definition, output));
                        self.parts.len() - 1
                    }))
                }
            }
        };
        self.take(word);
        self.ops.push(op);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> f64 {
        let bar = Bar::new(0, [10.0, 12.0, 9.0, 11.0], 100.0, f64::NAN, f64::NAN);
        let expression = Expression::new("mine", text).expect(text);
        let places: Vec<usize> = (0..expression.parts.len()).collect();
        expression.value(&bar, &[4.0, f64::NAN], &places)
    }

    #[test]
    fn it_computes_what_it_says() {
        for (text, expected) in [
            ("close", 11.0),
            ("1 + 2 * 3 - 4 / 2", 5.0),
            ("(1 + 2) * -3", -9.0),
            ("--close - -1", 12.0),
            ("hl2 * volume", 1050.0),
            ("high - low > 2.5 and close > open", 1.0),
            ("high - low > 3 or not (close >= open)", 0.0),
            ("close != 11", 0.0),
            ("close == 11", 1.0),
            ("not not 7", 1.0),
            ("1 < 2 and 2 <= 2 and 3 > 2 and 2 >= 2", 1.0),
            ("max(open, close) + min(open, 3) + abs(-2)", 16.0),
            ("sqrt(16) + log(exp(2))", 6.0),
            ("where(close > open, 1.5, 2.5)", 1.5),
            ("where(0, 1.5, 2.5)", 2.5),
            ("sma_20 / 2", 2.0),
            ("sma_20 + sma_20 + max(sma_20, 1)", 12.0),
            (".5e0", 0.5),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_value_gives_none() {
        for text in
            ["sma_20 + ema_20", "close / 0", "sqrt(-1)", "log(0)", "ema_20 > sma_20", "not (sma_20 < ema_20)"]
        {
            // The second part has no value; where only the first is named, it is not there.
            assert!(value(text).is_nan(), "{text}");
        }
        assert!(value("where(sma_20 > ema_20, 1, 2)").is_nan());
        assert_eq!(value("where(sma_20 > 1, 1, ema_20)"), 1.0);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let message = |text: &str| Expression::new("mine", text).expect_err(text).to_string();
        for (text, reason) in [
            ("", "it ends where a value should stand"),
            ("close +", "it ends where a value should stand"),
            ("close close", "\"close\" is one too many"),
            ("(close", "\")\" should stand where its end is"),
            ("close )", "\")\" is one too many"),
            ("* close", "\"*\" stands where a value should"),
            ("max(close)", "\",\" should stand where \")\" is"),
            ("1.2.3", "\"1.2.3\" is not a number"),
            ("sma_0", "period = 0 is out of range"),
            ("smaa_20", "unknown source \"smaa_20\"; did you mean \"sma\"?"),
            ("close ; 2", "\";\" is one too many"),
            ("macd_12_26_9_upper", "has no output \"upper\""),
        ] {
            let found = message(text);
            assert!(found.starts_with("mine: the expression") && found.contains(reason), "{text}: {found}");
        }
        assert!(message(&"(".repeat(40)).contains("nested too deeply"));
        assert!(message(&"1 + ".repeat(3000)).contains("longer than"));
        let deep = "1 + (".repeat(14) + "1" + &")".repeat(14);
        assert_eq!(value(&deep), 15.0);
    }
}
