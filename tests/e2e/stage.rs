//! A PostgreSQL cluster and a NATS server, made ready, and nodes on them.

use std::process::{Command, Stdio};

use servers::{Nats, Postgres};

use crate::support::{Home, Server};

/// Everything that nodes share.
pub(crate) struct Stage {
    pub(crate) postgres: Postgres,
    pub(crate) nats: Nats,
    home: Home,
}

impl Stage {
    /// None, with a word on standard error, where a server is not installed.
    pub(crate) fn new() -> Option<Self> {
        Self::with_bus("")
    }

    /// The same with these lines in the configuration of the NATS server.
    pub(crate) fn with_bus(configuration: &str) -> Option<Self> {
        let (postgres, nats) = (Postgres::start(&[]).unwrap()?, Nats::start(configuration).unwrap()?);
        let home = Home::new();
        std::fs::create_dir(home.file("keys")).unwrap();
        for (what, database) in [("log", "annals"), ("projection", "annals_read"), ("vault", "annals_vault")]
        {
            postgres.sql("postgres", &format!("CREATE DATABASE {database}")).unwrap();
            home.ok(&[what, "prepare", "--admin-url", &postgres.admin_url(database)]);
        }
        Some(Self { postgres, nats, home })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.postgres.url("annals", database)
    }

    /// The settings of a process on the stage, as variables.
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ANNALS_LOG", self.url("annals")),
            ("ANNALS_READ_MODELS", self.url("annals_read")),
            ("ANNALS_VAULT", self.url("annals_vault")),
            ("ANNALS_KEYS", self.home.file("keys").display().to_string()),
            ("ANNALS_LEASE_MS", "2000".to_owned()),
        ]
    }

    /// A place for one process that has the log to itself.
    pub(crate) fn alone(&self) -> Home {
        Home::with(self.settings())
    }

    /// A place for a demo: the log on the server, nodes on the bus, all else in files.
    pub(crate) fn demo(&self) -> Home {
        Home::with(vec![("ANNALS_LOG", self.url("annals")), ("ANNALS_BUS", self.nats.url())])
    }

    /// A place for a node, or for a tool beside the nodes.
    pub(crate) fn node(&self, name: &str, role: &str) -> Home {
        let mut settings = self.settings();
        settings.extend([
            ("ANNALS_BUS", self.nats.url()),
            ("ANNALS_NODE", name.to_owned()),
            ("ANNALS_ROLE", role.to_owned()),
        ]);
        Home::with(settings)
    }
}

/// A signal to a server's process.
pub(crate) fn signal(server: &Server, name: &str) {
    let sent = Command::new("kill").args([name, &server.pid().to_string()]).stdin(Stdio::null()).status();
    assert!(sent.unwrap().success());
}
