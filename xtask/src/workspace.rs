//! What `cargo metadata` and `git` know about this repository.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The workspace and the whole graph of its dependencies.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    packages: HashMap<String, Package>,
    /// Normal dependencies by package id: what ends up in the program.
    edges: HashMap<String, Vec<String>>,
    members: HashSet<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: HashSet<String>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) license_file: Option<PathBuf>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line of a manifest.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for normal ones, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl Workspace {
    /// Asks cargo. Only for this machine's platform, so that nothing has to be downloaded for others.
    pub(crate) fn load() -> Result<Self> {
        let host = host_triple()?;
        let json = output(Command::new("cargo").args([
            "metadata",
            "--format-version=1",
            "--filter-platform",
            &host,
        ]))?;
        let metadata: Metadata =
            serde_json::from_str(&json).context("cargo metadata said something unexpected")?;
        let normal = |edge: Edge| {
            edge.dep_kinds
                .iter()
                .any(|kind| kind.kind.is_none())
                .then_some(edge.pkg)
        };
        let edges = |node: Node| (node.id, node.deps.into_iter().filter_map(normal).collect());
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            packages: metadata
                .packages
                .into_iter()
                .map(|package| (package.id.clone(), package))
                .collect(),
            edges: metadata.resolve.nodes.into_iter().map(edges).collect(),
            members: metadata.workspace_members,
        })
    }

    /// Our own packages, by name.
    pub(crate) fn members(&self) -> Vec<&Package> {
        let mut members: Vec<_> = self
            .members
            .iter()
            .filter_map(|id| self.packages.get(id))
            .collect();
        members.sort_by_key(|package| &package.name);
        members
    }

    /// Everything that is not ours.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .values()
            .filter(|package| !self.members.contains(&package.id))
    }

    /// The names of all packages that `package` needs to run, however indirectly.
    pub(crate) fn needs(&self, package: &Package) -> HashSet<&str> {
        let mut seen = HashSet::new();
        let mut open = vec![package.id.as_str()];
        while let Some(id) = open.pop() {
            let next = self.edges.get(id).into_iter().flatten();
            open.extend(next.map(String::as_str).filter(|id| seen.insert(*id)));
        }
        seen.into_iter()
            .filter_map(|id| self.packages.get(id))
            .map(|package| package.name.as_str())
            .collect()
    }

    /// Every file that is, or would be, in the repository.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let list = [
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "--deduplicate",
        ];
        let paths = output(Command::new("git").args(list).current_dir(&self.root))?;
        Ok(paths
            .lines()
            .map(PathBuf::from)
            .filter(|path| self.root.join(path).is_file())
            .collect())
    }

    /// The member whose folder holds `path` (relative to the root).
    pub(crate) fn owner(&self, path: &Path) -> Option<&Package> {
        let path = self.root.join(path);
        self.members()
            .into_iter()
            .find(|member| path.starts_with(member.folder()))
    }
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("/"))
    }
}

fn host_triple() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("not UTF-8")
}
