//! What a compose file may hold.

use serde_json::Value;

/// Services that may be reached from the machine that they run on.
const PUBLISHED: &[&str] = &["api", "discord", "grafana"];

/// Parts of names whose values are secret.
const SECRET: &[&str] = &["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "API_KEY", "PRIVATE"];

/// Everything in a compose file that may not be there, and everything that is missing.
#[must_use]
pub fn faults(compose: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(services) = compose["services"].as_object().filter(|services| !services.is_empty()) else {
        return vec!["there are no services".to_owned()];
    };
    for (name, service) in services {
        let mut fault = |what: &str| faults.push(format!("{name}: {what}"));
        secrecy(service, &mut fault);
        rights(service, &mut fault);
        running(service, &mut fault);
        for port in list(&service["ports"]) {
            if !port.starts_with("127.0.0.1:") {
                fault(&format!("the port {port} can be reached from other machines"));
            }
            if !PUBLISHED.contains(&name.as_str()) {
                fault(&format!("the port {port} is published, and only those of {PUBLISHED:?} are"));
            }
        }
        for (kind, declared) in [("secrets", &compose["secrets"]), ("networks", &compose["networks"])] {
            for used in list(&service[kind]) {
                if declared.get(&used).is_none() {
                    fault(&format!("{used} is not declared under {kind}"));
                }
            }
        }
        for volume in list(&service["volumes"]) {
            let source = volume.split(':').next().unwrap_or_default();
            if !source.starts_with("./") && compose["volumes"].get(source).is_none() {
                fault(&format!("{source} is not declared under volumes"));
            }
            if source.starts_with("./") && !volume.ends_with(":ro") {
                fault(&format!("{source} is a file of the project and can be written"));
            }
        }
    }
    for (name, secret) in compose["secrets"].as_object().into_iter().flatten() {
        if secret["file"].as_str() != Some(&format!("./secrets/{name}")) {
            faults.push(format!("the secret {name} is not the file ./secrets/{name}"));
        }
        if !services.values().any(|service| list(&service["secrets"]).contains(name)) {
            faults.push(format!("nobody uses the secret {name}"));
        }
    }
    faults
}

fn secrecy(service: &Value, fault: &mut impl FnMut(&str)) {
    let environment = service["environment"].as_object().into_iter().flatten();
    if service["environment"].is_array() {
        fault("its environment is a list: write it as names and values");
    }
    for (variable, value) in environment {
        let secret = SECRET.iter().any(|part| variable.contains(part));
        if secret && !variable.ends_with("_FILE") {
            fault(&format!("{variable} is a secret in the environment: give a file of it"));
        }
        if variable.ends_with("_FILE")
            && !value.as_str().is_some_and(|path| path.starts_with("/run/secrets/"))
        {
            fault(&format!("{variable} names no secret"));
        }
    }
    let mut texts = Vec::new();
    strings(service, &mut texts);
    for text in texts {
        // user:password@host
        let login = text.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(login, _)| login);
        if login.is_some_and(|login| login.contains(':')) {
            fault("a URL with a password");
        }
    }
    if service.get("env_file").is_some() {
        fault("an env_file: docker inspect shows what stands in it");
    }
}

fn rights(service: &Value, fault: &mut impl FnMut(&str)) {
    let user = service["user"].as_str().unwrap_or_default();
    let number = user.rsplit_once(":-").map_or(user, |(_, default)| default.trim_end_matches('}'));
    if user.is_empty() || user.starts_with("root") || user.starts_with("0:") || number == "0" {
        fault("it runs as root: give it a user");
    }
    if service["privileged"].as_bool() == Some(true) || service.get("cap_add").is_some() {
        fault("it has rights that it does not need");
    }
    if !list(&service["cap_drop"]).contains(&"ALL".to_owned()) {
        fault("it keeps capabilities: cap_drop: [ALL]");
    }
    if !list(&service["security_opt"]).iter().any(|option| option.starts_with("no-new-privileges")) {
        fault("it may win new privileges");
    }
    if ["network_mode", "pid", "ipc"].iter().any(|key| service[*key].as_str() == Some("host")) {
        fault("it shares a namespace of the machine");
    }
    if list(&service["volumes"]).iter().any(|volume| volume.contains("docker.sock")) {
        fault("it may command docker");
    }
}

fn running(service: &Value, fault: &mut impl FnMut(&str)) {
    let once = service["restart"].as_str() == Some("no");
    let checked = service["healthcheck"].get("test").is_some()
        && service["healthcheck"]["disable"].as_bool() != Some(true);
    if !once && !checked {
        fault("no health check");
    }
    if !once && service["restart"].as_str() != Some("unless-stopped") {
        fault("it does not come back after a crash: restart: unless-stopped");
    }
    if !once && service.get("stop_grace_period").is_none() {
        fault("no time to stop in good order: stop_grace_period");
    }
    if service["deploy"]["resources"]["limits"].get("memory").is_none() {
        fault("it may take all memory: deploy.resources.limits.memory");
    }
    let image = service["image"].as_str().unwrap_or_default();
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    if service.get("build").is_none() && (tag.is_empty() || tag == "latest") {
        fault("its image has no version");
    }
}

/// A list of short texts, or the names of a map.
#[must_use]
pub fn list(value: &Value) -> Vec<String> {
    if let Some(map) = value.as_object() {
        return map.keys().cloned().collect();
    }
    let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    value.as_array().into_iter().flatten().map(text).collect()
}

fn strings<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(map) => map.values().for_each(|item| strings(item, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
services:
  api:
    image: x:1
    user: \"10001:10001\"
    restart: unless-stopped
    cap_drop: [ALL]
    security_opt: [\"no-new-privileges:true\"]
    stop_grace_period: 1s
    healthcheck: {test: [CMD, x]}
    environment: {A_PASSWORD_FILE: /run/secrets/a, B: http://h/x}
    secrets: [a]
    networks: [net]
    ports: [\"127.0.0.1:1:1\"]
    volumes: [\"v:/v\", \"./f:/f:ro\"]
    deploy: {resources: {limits: {memory: 1G}}}
networks: {net: {}}
volumes: {v: {}}
secrets: {a: {file: ./secrets/a}}
";

    fn found(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from), "{from}");
        faults(&crate::yaml(&GOOD.replacen(from, to, 1)).unwrap())
    }

    #[test]
    fn every_planted_fault_is_found() {
        assert_eq!(faults(&crate::yaml(GOOD).unwrap()), Vec::<String>::new());
        for (from, to, what) in [
            ("A_PASSWORD_FILE: /run/secrets/a", "A_PASSWORD: x", "a secret in the environment"),
            ("/run/secrets/a", "/etc/a", "names no secret"),
            ("http://h/x", "http://u:p@h/x", "a URL with a password"),
            ("    environment: {A", "    env_file: e\n    environment: {A", "an env_file"),
            (
                "environment: {A_PASSWORD_FILE: /run/secrets/a, B: http://h/x}",
                "environment: [\"A=b\"]",
                "a list",
            ),
            ("    user: \"10001:10001\"\n", "", "runs as root"),
            ("\"10001:10001\"", "root", "runs as root"),
            ("\"10001:10001\"", "\"0:0\"", "runs as root"),
            ("\"10001:10001\"", "\"${U:-0}\"", "runs as root"),
            ("    user:", "    privileged: true\n    user:", "rights that it does not need"),
            ("    user:", "    cap_add: [NET_ADMIN]\n    user:", "rights that it does not need"),
            ("    user:", "    network_mode: host\n    user:", "a namespace of the machine"),
            ("cap_drop: [ALL]", "cap_drop: []", "keeps capabilities"),
            ("no-new-privileges:true", "apparmor:x", "new privileges"),
            ("{test: [CMD, x]}", "{disable: true}", "no health check"),
            ("restart: unless-stopped", "restart: always", "does not come back"),
            ("    stop_grace_period: 1s\n", "", "no time to stop"),
            ("{memory: 1G}", "{cpus: 1}", "may take all memory"),
            ("image: x:1", "image: x", "no version"),
            ("image: x:1", "image: x:latest", "no version"),
            ("127.0.0.1:1:1", "1:1", "reached from other machines"),
            ("127.0.0.1:1:1", "0.0.0.0:1:1", "reached from other machines"),
            ("  api:", "  postgres:", "is published"),
            ("secrets: [a]", "secrets: [b]", "b is not declared under secrets"),
            ("secrets: [a]", "secrets: []", "nobody uses the secret a"),
            ("./secrets/a", "./a", "not the file ./secrets/a"),
            ("networks: [net]", "networks: [other]", "other is not declared under networks"),
            ("v:/v", "w:/v", "w is not declared under volumes"),
            (":/f:ro", ":/f", "can be written"),
            ("./f:/f:ro", "/var/run/docker.sock:/s:ro", "may command docker"),
        ] {
            let found = found(from, to);
            assert!(found.iter().any(|fault| fault.contains(what)), "{to}: {found:?}");
        }
        assert_eq!(found("services:", "servces:"), ["there are no services"]);
    }
}
