//! `annals projection`: how far the read models are, building them anew, comparing them with a fold.

use std::sync::Arc;

use event_store::EventStore;
use projections::{Games, Place, Projector, ProjectorConfig, ReadModels, ServerSettings, check, rebuild};
use serde_json::json;

use crate::cli::ProjectionCommand;
use crate::context::{Data, Exit, Failure, Output, now};
use crate::print::{Printer, bar, grouped};
use crate::settings;

impl From<projections::ServerError> for Failure {
    fn from(error: projections::ServerError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<projections::ProjectionError> for Failure {
    fn from(error: projections::ProjectionError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// The read models, to write them.
pub(crate) async fn models(data: &Data) -> Result<Arc<ReadModels>, Failure> {
    let settings = data.settings()?;
    let opened = ReadModels::open_at(&place(data, &settings)?, Games::all()).await;
    Ok(Arc::new(opened.map_err(Failure::from).map_err(settings.naming("read_models"))?))
}

/// The read models, to read them beside the process that writes them.
pub(crate) async fn reader(data: &Data) -> Result<Arc<ReadModels>, Failure> {
    let settings = data.settings()?;
    let opened = ReadModels::open_read_only_at(&place(data, &settings)?, Games::all()).await;
    Ok(Arc::new(opened.map_err(Failure::from).map_err(settings.naming("read_models"))?))
}

fn place(data: &Data, settings: &settings::Settings) -> Result<Place, Failure> {
    Ok(match &settings.read_models {
        settings::Place::Sqlite => {
            std::fs::create_dir_all(data.read_models())?;
            Place::Directory(data.read_models())
        }
        settings::Place::Postgres(url) => {
            let use_of = ServerSettings {
                max_connections: settings.limits.readers,
                acquire_timeout: settings.limits.connect,
                slow_statement: settings.limits.slow,
                ..ServerSettings::default()
            };
            Place::Server { url: url.clone(), settings: use_of }
        }
    })
}

pub(crate) async fn run(
    data: &Data,
    command: &ProjectionCommand,
    printer: &Printer,
) -> Result<Exit, Failure> {
    if let ProjectionCommand::Prepare(arguments) = command {
        return super::prepare::read_models(arguments, printer).await;
    }
    let store = data.reader().await?;
    match command {
        ProjectionCommand::Prepare(_) => Ok(Exit::Done),
        ProjectionCommand::List => {
            let models = reader(data).await?;
            let rows: Vec<_> = models
                .status(&store)
                .await?
                .into_iter()
                .map(|s| {
                    vec![
                        json!(s.world),
                        json!(s.state.word()),
                        json!(s.checkpoint.commit),
                        json!(s.head),
                        json!(s.lag),
                    ]
                })
                .collect();
            printer.talk(&format!("read models version {}", models.version()));
            printer.rows(&["world", "state", "commit", "head", "lag"], &rows)?;
            Ok(Exit::Done)
        }
        ProjectionCommand::Rebuild => {
            let models = models(data).await?;
            build(&store, &models, printer).await?;
            Ok(Exit::Done)
        }
        ProjectionCommand::Check => {
            let models = reader(data).await?;
            let equal = compare(&store, &models, printer).await?;
            Ok(if equal { Exit::Done } else { Exit::Difference })
        }
    }
}

async fn build<S: EventStore>(store: &S, models: &ReadModels, printer: &Printer) -> Result<(), Failure> {
    let progress = bar("projecting", 0, printer.output() != Output::Table);
    let mut show = |at: projections::Progress| {
        progress.set_length(at.events_total);
        progress.set_position(at.events_done);
    };
    let report = rebuild(store, models, now(), &mut show).await?;
    progress.finish_and_clear();
    printer.talk(&format!(
        "read models v{} → v{}: {} events folded, {} rows written, {:.1} s",
        report.from,
        report.to,
        grouped(report.events),
        grouped(report.rows),
        (report.fold_ms + report.finish_ms) as f64 / 1000.0,
    ));
    match report.stopped.into_iter().next() {
        Some(problem) => Err(problem.into()),
        None => Ok(()),
    }
}

async fn compare<S: EventStore>(store: &S, models: &ReadModels, printer: &Printer) -> Result<bool, Failure> {
    let mut equal = true;
    let mut rows = Vec::new();
    for report in check(store, models, 10).await? {
        equal &= report.differences == 0;
        rows.push(vec![
            json!(report.world),
            json!(report.checkpoint.commit),
            json!(report.rows),
            json!(report.differences),
        ]);
        for difference in &report.first {
            printer.talk(&format!(
                "  {} {}: fold {}, rows {}",
                difference.table,
                difference.key,
                difference.fold.as_deref().unwrap_or("–"),
                difference.rows.as_deref().unwrap_or("–")
            ));
        }
    }
    if printer.output() != Output::Json || rows.is_empty() {
        printer.talk(if equal {
            "every row is what a fold of the log says"
        } else {
            "rows differ from a fold of the log"
        });
    }
    Ok(equal)
}

/// Builds the read models of a season that has been played and compares them with a fold.
pub(crate) async fn rebuild_and_check<S: EventStore>(
    data: &Data,
    store: &S,
    printer: &Printer,
) -> Result<bool, Failure> {
    let models = models(data).await?;
    build(store, &models, printer).await?;
    compare(store, &models, printer).await
}

/// Brings the read models to the end of the log.
pub(crate) async fn catch_up(data: &Data) -> Result<(), Failure> {
    let store = Arc::new(data.reader().await?);
    let projector = Projector::new(Arc::clone(&store), models(data).await?, ProjectorConfig::default());
    let mut ended = Ok(());
    for (_, step) in projector.catch_up_all(now()).await? {
        ended = ended.and(step.map(drop));
    }
    drop(projector);
    crate::context::close(store).await;
    Ok(ended?)
}
