//! Questions in SQL: reading only, over our tables only, within limits of memory, time and rows.

use crate::error::TelemetryError;
use crate::output::Answer;
use crate::scan::Recorded;
use crate::schema::Table;
use crate::store::Telemetry;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{DataFrame, SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::Statement as Sql;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The longest statement, in bytes.
const MAX_STATEMENT_BYTES: usize = 64 << 10;
/// The most words, numbers and signs of a statement. A chain of operators becomes a tree of that depth, and the engine
/// walks trees by recursion.
const MAX_TOKENS: usize = 4096;
/// The stack on which statements are answered: enough for a tree of [`MAX_TOKENS`]. What is not used costs nothing.
const STACK_BYTES: usize = 256 << 20;

/// What a question may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// Bytes of memory for sorting, joining and grouping; what needs more is spilled to disk where it can be.
    pub memory: usize,
    /// How long it may take.
    pub time: Duration,
    /// The most rows of an answer. What is cut off is said.
    pub rows: usize,
    /// Bytes of disk for what is spilled.
    pub spill: u64,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            time: Duration::from_secs(120),
            rows: 1_000_000,
            spill: 10 << 30,
        }
    }
}

impl Telemetry {
    /// Answers one statement. Only queries, EXPLAIN, SHOW and DESCRIBE are answered, and no file but the recorded ones
    /// can be read by them.
    ///
    /// Must be called from a thread that may block. When a file is gone or damaged while it is read, the question is
    /// asked again of what is there now, with damaged captures set aside.
    ///
    /// # Errors
    /// When the statement is refused, can't be understood, or runs into a limit.
    pub fn query(&mut self, statement: &str, limits: QueryLimits) -> Result<Answer, TelemetryError> {
        match self.query_once(statement, limits) {
            Err(TelemetryError::Engine(_)) => {
                self.refresh()?;
                self.find_damage();
                self.query_once(statement, limits)
            }
            answer => answer,
        }
    }

    /// Answers on a thread of its own, whose stack is deep enough and whose end, should the engine panic, ends nothing
    /// else.
    fn query_once(&self, statement: &str, limits: QueryLimits) -> Result<Answer, TelemetryError> {
        std::thread::scope(|scope| {
            let work = || self.query_here(statement, limits);
            let thread = std::thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, work)
                .map_err(|error| TelemetryError::Engine(DataFusionError::IoError(error)))?;
            thread.join().unwrap_or_else(|_| {
                let panicked = DataFusionError::Internal("it panicked".to_owned());
                Err(TelemetryError::Engine(panicked))
            })
        })
    }

    fn query_here(&self, statement: &str, limits: QueryLimits) -> Result<Answer, TelemetryError> {
        let statement = admitted(statement)?;
        let runtime = runtime()?;
        let context = self.session(limits)?;
        let seconds = limits.time.as_secs();
        runtime.block_on(async {
            tokio::time::timeout(limits.time, answer(&context, statement, limits))
                .await
                .map_err(|_| TelemetryError::OutOfTime(seconds))?
        })
    }

    /// A session that sees the recorded tables and nothing else.
    pub(crate) fn session(&self, limits: QueryLimits) -> Result<SessionContext, TelemetryError> {
        let engine = |error| told(error, limits);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory)))
            .with_max_temp_directory_size(limits.spill)
            .build_arc()
            .map_err(engine)?;
        // One partition: rows come in the same order whatever the machine, and floats are summed in one order.
        let mut config = SessionConfig::new()
            .with_target_partitions(1)
            .with_information_schema(true);
        config.options_mut().execution.parquet.schema_force_view_types = false;
        config.options_mut().sql_parser.map_string_types_to_utf8view = false;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(environment)
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        for table in Table::ALL {
            let recorded = Recorded::new(self, table).map_err(engine)?;
            context
                .register_table(table.name(), Arc::new(recorded))
                .map_err(engine)?;
        }
        Ok(context)
    }
}

/// The run-time that drives the engine for one question or replay.
pub(crate) fn runtime() -> Result<Runtime, TelemetryError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| TelemetryError::Engine(DataFusionError::IoError(error)))
}

async fn answer(
    context: &SessionContext,
    statement: Statement,
    limits: QueryLimits,
) -> Result<Answer, TelemetryError> {
    let plan = context
        .state()
        .statement_to_plan(statement)
        .await
        .map_err(|error| told(error, limits))?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)
        .map_err(|error| TelemetryError::Statement(sentence(&error)))?;
    let frame = DataFrame::new(context.state(), plan);
    let schema = Arc::clone(frame.schema().inner());
    let (batches, cut) = gather(frame, limits).await.map_err(|error| told(error, limits))?;
    Ok(Answer::new(schema, batches, cut))
}

/// Batches up to the limit of rows, and whether more would have followed.
async fn gather(
    frame: DataFrame,
    limits: QueryLimits,
) -> datafusion::error::Result<(Vec<RecordBatch>, bool)> {
    let mut stream = frame.execute_stream().await?;
    let mut batches = Vec::new();
    let mut left = limits.rows;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if batch.num_rows() > left {
            batches.push(batch.slice(0, left));
            return Ok((batches, true));
        }
        left -= batch.num_rows();
        batches.push(batch);
    }
    Ok((batches, false))
}

/// The statement, if it is of a kind that is answered.
fn admitted(text: &str) -> Result<Statement, TelemetryError> {
    if text.len() > MAX_STATEMENT_BYTES {
        return Err(TelemetryError::TooLong {
            length: text.len(),
            most: MAX_STATEMENT_BYTES,
            unit: "bytes",
        });
    }
    let words = Tokenizer::new(&GenericDialect {}, text)
        .tokenize()
        .map_err(|error| TelemetryError::Statement(error.to_string()))?;
    let words = words
        .iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .count();
    if words > MAX_TOKENS {
        return Err(TelemetryError::TooLong {
            length: words,
            most: MAX_TOKENS,
            unit: "words and signs",
        });
    }
    let mut statements =
        DFParser::parse_sql(text).map_err(|error| TelemetryError::Statement(sentence(&error)))?;
    let count = statements.len();
    let statement = statements.pop_front().filter(|_| count == 1);
    let statement = statement.ok_or(TelemetryError::NotOneStatement(count))?;
    match refusal(&statement) {
        Some(kind) => Err(TelemetryError::Refused(kind)),
        None => Ok(statement),
    }
}

/// What kind of statement it is, if it is one that is not answered.
fn refusal(statement: &Statement) -> Option<&'static str> {
    match statement {
        Statement::Statement(sql) => refused_sql(sql),
        Statement::Explain(explain) => refusal(&explain.statement),
        Statement::CreateExternalTable(_) => Some("CREATE EXTERNAL TABLE"),
        Statement::CopyTo(_) => Some("COPY"),
        Statement::Reset(_) => Some("RESET"),
    }
}

fn refused_sql(sql: &Sql) -> Option<&'static str> {
    match sql {
        Sql::Query(_)
        | Sql::ShowTables { .. }
        | Sql::ShowColumns { .. }
        | Sql::ShowVariable { .. }
        | Sql::ShowFunctions { .. }
        | Sql::ExplainTable { .. } => None,
        Sql::Explain { statement, .. } => refused_sql(statement),
        Sql::Insert(_) => Some("INSERT"),
        Sql::Update { .. } => Some("UPDATE"),
        Sql::Delete(_) => Some("DELETE"),
        Sql::Copy { .. } => Some("COPY"),
        Sql::CreateTable(_) => Some("CREATE TABLE"),
        Sql::CreateView { .. } => Some("CREATE VIEW"),
        Sql::Drop { .. } => Some("DROP"),
        Sql::Set(_) => Some("SET"),
        // The grammar of all dialects together has more than a hundred kinds; whatever it is, it is no question.
        _ => Some("such"),
    }
}

/// The engine's error in our terms.
pub(crate) fn told(error: DataFusionError, limits: QueryLimits) -> TelemetryError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => TelemetryError::OutOfMemory(limits.memory),
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Configuration(_)
        | DataFusionError::Diagnostic(..)
        | DataFusionError::Collection(_) => TelemetryError::Statement(sentence(&error)),
        _ => TelemetryError::Engine(error),
    }
}

/// The engine's words without its prefixes and stack: one sentence, bounded.
fn sentence(error: &DataFusionError) -> String {
    const MAX_CHARS: usize = 600;
    let text = error.strip_backtrace();
    let text = text
        .strip_prefix("Error during planning: ")
        .or_else(|| text.strip_prefix("SQL error: "))
        .or_else(|| text.strip_prefix("Schema error: "))
        .unwrap_or(&text);
    text.chars().take(MAX_CHARS).collect()
}
