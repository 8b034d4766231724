//! The manifests of Kubernetes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use super::files::{assert_parses, has, output, path};
use super::lab::{Finished, Host, Lab, Running};

/// The folders that a user applies.
const FOLDERS: [&str; 4] = ["base", "check", "overlays/example", "smoke-test"];

/// The versions whose schemas the manifests follow.
const VERSIONS: [&str; 3] = ["1.29", "1.33", "1.37"];

/// The address of the node in these tests.
const NODE: &str = "10.0.0.101";

/// A container and the object that it belongs to.
struct Container {
    object: Yaml,
    pod: Yaml,
    container: Yaml,
}

/// What kubectl makes of a folder.
fn rendered(folder: &str) -> String {
    let folder = path("deploy/kubernetes").join(folder);
    output(Command::new("kubectl").arg("kustomize").arg(folder))
}

/// The folder that `.ci/run` installs the Python package kubernetes-validate in.
fn validator() -> PathBuf {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder of the build");
    build.join("kubernetes-validate")
}

fn objects(folder: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&rendered(folder)).expect(folder)
}

/// Every container; empty without kubectl.
fn containers() -> Vec<Container> {
    if !has("kubectl", "kubernetes-client 1.21 or newer") {
        return Vec::new();
    }
    let objects = FOLDERS.iter().flat_map(|folder| objects(folder));
    let with_pods = objects.filter(|object| !object["spec"]["template"].is_badvalue());
    with_pods
        .map(|object| {
            let pod = object["spec"]["template"]["spec"].clone();
            let containers = pod["containers"].as_vec().expect("containers");
            assert_eq!(containers.len(), 1, "{object:?}");
            Container { container: containers[0].clone(), pod, object }
        })
        .collect()
}

impl Container {
    fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().expect("a name")
    }

    /// The arguments of mcast on the node.
    fn arguments(&self) -> Vec<String> {
        let arguments = self.container["args"].as_vec().expect("arguments");
        let text = |word: &Yaml| word.as_str().expect("a string").replace("$(NODE_ADDRESS)", NODE);
        arguments.iter().map(text).collect()
    }

    /// Runs mcast on a host with these arguments and without capabilities.
    fn run(&self, host: &Host, more: &[&str]) -> Running {
        let mut command = host.command("setpriv");
        command.args(["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]);
        command.arg(env!("CARGO_BIN_EXE_mcast")).args(self.arguments()).args(more);
        Running::start(command)
    }
}

/// The container of an object; `None` without kubectl.
fn container(name: &str) -> Option<Container> {
    containers().into_iter().find(|container| container.name() == name)
}

#[test]
fn the_manifests_follow_the_schemas_of_three_versions() {
    if !has("kubectl", "kubernetes-client 1.21 or newer") {
        return;
    }
    if !validator().join("kubernetes_validate").is_dir() {
        Lab::skipped("needs kubernetes-validate (a Python package, which .ci/run installs)");
        return;
    }
    let files = FOLDERS.map(|folder| {
        let name = format!("kubernetes-{}.yaml", folder.replace('/', "-"));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, rendered(folder)).unwrap();
        file
    });
    for version in VERSIONS {
        let mut validate = Command::new("python3");
        validate.args(["-m", "kubernetes_validate", "--strict", "-k", version]);
        let printed = output(validate.args(&files).env("PYTHONPATH", validator()));
        // The Prometheus Operator defines this kind.
        let others = printed.lines().filter(|line| !line.contains("PodMonitor"));
        let passed = others.inspect(|line| assert!(line.starts_with("INFO "), "{line}")).count();
        assert_eq!(passed, 9, "{version}: {printed}");
    }
}

#[test]
fn mcast_accepts_the_arguments_of_each_container() {
    for container in containers() {
        assert_parses(&container.arguments());
    }
}

#[test]
fn only_the_check_has_a_capability() {
    for of in containers() {
        let (pod, security) = (&of.pod["securityContext"], &of.container["securityContext"]);
        let name = of.name();
        let capabilities = &security["capabilities"];
        assert_eq!(capabilities["drop"], Yaml::Array(vec![Yaml::String("ALL".into())]), "{name}");
        let is_check = name == "mcast-check";
        let added = capabilities["add"].as_vec().map(|added| added[..].to_vec());
        assert_eq!(added, is_check.then(|| vec![Yaml::String("NET_RAW".into())]), "{name}");
        assert_eq!(pod["runAsNonRoot"].as_bool(), (!is_check).then_some(true), "{name}");
        assert_eq!(pod["seccompProfile"]["type"].as_str(), Some("RuntimeDefault"), "{name}");
        assert_eq!(security["allowPrivilegeEscalation"].as_bool(), Some(false), "{name}");
        assert_eq!(security["readOnlyRootFilesystem"].as_bool(), Some(true), "{name}");
        assert_eq!(of.pod["automountServiceAccountToken"].as_bool(), Some(false), "{name}");
        assert_eq!(of.pod["hostNetwork"].as_bool(), Some(true), "{name}");
    }
}

/// The kubelet and Prometheus ask the address of the node, because the pod has its network.
#[test]
fn probes_and_prometheus_ask_the_port_of_the_metrics() {
    for of in containers().iter().filter(|of| of.name() == "mcast-receiver") {
        let arguments = of.arguments();
        let place = arguments.iter().position(|word| word == "--metrics").expect("--metrics");
        let place: std::net::SocketAddr = arguments[place + 1].parse().unwrap();
        assert_eq!(place.ip().to_string(), NODE);
        let address = &of.container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"];
        assert_eq!(address.as_str(), Some("status.hostIP"));
        let port = &of.container["ports"][0];
        for name in ["containerPort", "hostPort"] {
            assert_eq!(port[name].as_i64(), Some(i64::from(place.port())));
        }
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let get = &of.container[probe]["httpGet"];
            assert_eq!(get["path"].as_str(), Some("/healthz"));
            assert_eq!(get["port"], port["name"]);
            assert!(get["host"].is_badvalue(), "the address of the node");
        }
        let annotations = &of.object["spec"]["template"]["metadata"]["annotations"];
        let annotation =
            |name: &str| annotations[format!("prometheus.io/{name}").as_str()].as_str();
        let wanted = [("scrape", "true"), ("port", "9464"), ("path", "/metrics")];
        for (name, value) in wanted {
            assert_eq!(annotation(name), Some(value));
        }
    }
}

#[test]
fn the_smoke_test_uses_two_nodes() {
    let (Some(receiver), Some(sender)) =
        (container("mcast-smoke-receiver"), container("mcast-smoke-sender"))
    else {
        return;
    };
    let apart = &sender.pod["affinity"]["podAntiAffinity"];
    let apart = &apart["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(apart["topologyKey"].as_str(), Some("kubernetes.io/hostname"));
    let labels = &receiver.object["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&apart["labelSelector"]["matchLabels"], labels);
    for job in [receiver, sender] {
        assert_eq!(job.object["spec"]["backoffLimit"].as_i64(), Some(0));
        assert_eq!(job.pod["restartPolicy"].as_str(), Some("Never"));
    }
}

#[test]
fn the_pod_monitor_finds_the_receiver() {
    if !has("kubectl", "kubernetes-client 1.21 or newer") {
        return;
    }
    let objects = objects("overlays/example");
    let of_kind = |kind| {
        let found = objects.iter().find(|object| object["kind"].as_str() == Some(kind));
        found.unwrap_or_else(|| panic!("no {kind}"))
    };
    let (receiver, monitor) = (of_kind("DaemonSet"), of_kind("PodMonitor"));
    assert_eq!(receiver["metadata"]["namespace"], monitor["metadata"]["namespace"]);
    let template = &receiver["spec"]["template"];
    assert_eq!(monitor["spec"]["selector"]["matchLabels"], template["metadata"]["labels"]);
    let port = &template["spec"]["containers"][0]["ports"][0]["name"];
    assert_eq!(&monitor["spec"]["podMetricsEndpoints"][0]["port"], port);
}

/// Asks the receiver on its node, like the kubelet.
fn health(host: &Host) -> Finished {
    let ask = "import urllib.request as r, sys; a = r.urlopen(sys.argv[1], timeout=60); \
               print(a.status, a.read().decode())";
    host.python(ask, &[&format!("http://{NODE}:9464/healthz")]).finish()
}

#[test]
fn the_jobs_and_the_receiver_run_on_two_hosts() {
    let Some(lab) = Lab::with(&["python3", "setpriv"]) else { return };
    let (Some(daemon), Some(receiver), Some(sender)) = (
        container("mcast-receiver"),
        container("mcast-smoke-receiver"),
        container("mcast-smoke-sender"),
    ) else {
        return;
    };
    let (a, b) = lab.pair();
    let iface = ["--iface", "e0"];
    let daemon = daemon.run(&b, &iface).ready_when_member(&b, "e0", "239.1.1.1");
    let healthy = health(&b);
    assert!(healthy.out.starts_with("200 "), "{healthy}");
    let sender = sender.run(&a, &iface).ready();
    // Fewer datagrams than on a node.
    let mut short = receiver.arguments();
    let count = short.iter().position(|word| word == "--count").expect("--count");
    short[count + 1] = "100".to_owned();
    let mut command = b.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(short).args(iface);
    Running::start(command).ends(0);
    drop((sender, daemon));
}
