//! An OpenSearch server put together from jars, because its distribution is in no package registry. A module's jar comes bare: its
//! descriptor is written here, and it is trusted fully, which is fine on loopback and nowhere else.

use crate::services::fetch;
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub const VERSION: &str = "2.19.4";
const JARS: &str = include_str!("jars.sums");
const PLUGINS: [(&str, &str); 2] = [
    (
        "opensearch-job-scheduler",
        "2e8d7e63d233be54054744dfd79a92585439a6ffaa8faf125fd16e7f28665444",
    ),
    (
        "opensearch-security",
        "1f673622c462c4171a8c53f9b1ad20e5b839834cb79b0d3b388da180a0e514e8",
    ),
];
/// The server and what it takes at run time. The class loader's two classes are the same in 2.19.6; 2.19.4 has none of its own.
const SERVER: [&str; 5] = [
    "org.opensearch:opensearch:2.19.4",
    "org.opensearch:opensearch-plugin-classloader:2.19.6",
    "org.apache.logging.log4j:log4j-core:2.21.0",
    "org.locationtech.jts:jts-core:1.15.0",
    "org.locationtech.spatial4j:spatial4j:0.7",
];

struct Module {
    name: &'static str,
    /// In group `org.opensearch.plugin`.
    artifact: &'static str,
    extends: &'static str,
    class: &'static str,
    /// How the names of the jars begin that it loads besides its own.
    jars: &'static [&'static str],
}

const fn module(
    name: &'static str,
    artifact: &'static str,
    extends: &'static str,
    class: &'static str,
    jars: &'static [&'static str],
) -> Module {
    Module {
        name,
        artifact,
        extends,
        class,
        jars,
    }
}

#[rustfmt::skip]
const MODULES: [Module; 17] = [
    module("aggs-matrix-stats", "aggs-matrix-stats-client", "", "search.aggregations.matrix.MatrixAggregationPlugin", &[]),
    module("analysis-common", "analysis-common", "lang-painless", "analysis.common.CommonAnalysisPlugin", &[]),
    module("cache-common", "cache-common", "", "cache.common.tier.TieredSpilloverCachePlugin", &[]),
    module("geo", "geo", "", "geo.GeoModulePlugin", &[]),
    module("ingest-common", "ingest-common", "lang-painless", "ingest.common.IngestCommonPlugin",
        &["opensearch-grok", "opensearch-dissect", "joni", "jcodings"]),
    module("ingest-user-agent", "ingest-user-agent", "", "ingest.useragent.IngestUserAgentPlugin", &[]),
    module("lang-expression", "lang-expression", "", "script.expression.ExpressionPlugin",
        &["lucene-expressions", "antlr4-runtime", "asm"]),
    module("lang-mustache", "lang-mustache-client", "", "script.mustache.MustachePlugin", &["compiler"]),
    module("lang-painless", "lang-painless", "", "painless.PainlessPlugin",
        &["opensearch-scripting-painless-spi", "antlr4-runtime", "asm"]),
    module("mapper-extras", "mapper-extras-client", "", "index.mapper.MapperExtrasPlugin", &[]),
    module("parent-join", "parent-join-client", "", "join.ParentJoinPlugin", &[]),
    module("percolator", "percolator-client", "", "percolator.PercolatorPlugin", &[]),
    module("rank-eval", "rank-eval-client", "", "index.rankeval.RankEvalPlugin", &[]),
    module("reindex", "reindex-client", "", "index.reindex.ReindexPlugin",
        &["opensearch-rest-client", "opensearch-ssl-config", "http", "commons-codec", "commons-logging"]),
    module("repository-url", "repository-url", "", "plugin.repository.url.URLRepositoryPlugin", &[]),
    module("search-pipeline-common", "search-pipeline-common", "", "search.pipeline.common.SearchPipelineCommonModulePlugin", &[]),
    module("transport-netty4", "transport-netty4-client", "", "transport.Netty4Plugin", &["netty"]),
];

/// What the server is made of, as a text that changes when that does.
pub fn made_of() -> String {
    PLUGINS
        .iter()
        .map(|(name, sum)| format!("{sum}  {name}\n"))
        .collect::<String>()
        + JARS
}

pub fn assemble(folder: &Path) -> Result<()> {
    let lib = folder.join("lib");
    for needed in ["lib", "bin", "extensions", "modules", "plugins"] {
        fs::create_dir(folder.join(needed))?;
    }
    let modules = MODULES
        .iter()
        .map(|module| format!("org.opensearch.plugin:{}:{VERSION}", module.artifact));
    let artifacts: Vec<String> = SERVER
        .iter()
        .map(|artifact| (*artifact).to_owned())
        .chain(modules)
        .collect();
    fetch::jars("OpenSearch", &artifacts, JARS, &lib)?;
    for (name, sum) in PLUGINS {
        plugin(name, sum, &folder.join("plugins").join(name))?;
    }
    let mut claimed = BTreeSet::new();
    for module in &MODULES {
        claimed.extend(make(module, &lib, &folder.join("modules").join(module.name))?);
    }
    // A jar must not be with the server and with a module.
    claimed.iter().try_for_each(fs::remove_file).context("modules")
}

fn plugin(name: &str, sum: &str, folder: &Path) -> Result<()> {
    fs::create_dir(folder)?;
    let file = format!("{name}-{VERSION}.0.zip");
    let artifact = format!("org.opensearch.plugin:{name}:{VERSION}.0:zip");
    fetch::archive(
        &format!("OpenSearch: {name}"),
        &artifact,
        &format!("{sum}  {file}"),
        folder,
    )?;
    fetch::unzip(&folder.join(file), folder)
}

/// Returns the jars of `lib` that belong to the module.
fn make(module: &Module, lib: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir(folder)?;
    let own = [
        format!("{}-{VERSION}", module.name),
        format!("{}-{VERSION}", module.artifact),
    ];
    let mut jars = Vec::new();
    for entry in fs::read_dir(lib)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_its = own.iter().any(|own| name.starts_with(own)) || module.jars.iter().any(|jar| name.starts_with(jar));
        if is_its {
            fs::copy(entry.path(), folder.join(&name))?;
            jars.push(entry.path());
        }
    }
    if jars.is_empty() {
        bail!("the module {} has no jar", module.name);
    }
    let trusted = "grant {\n  permission java.security.AllPermission;\n};\n";
    fs::write(folder.join("plugin-security.policy"), trusted)?;
    fs::write(folder.join("plugin-descriptor.properties"), descriptor(module))?;
    Ok(jars)
}

fn descriptor(module: &Module) -> String {
    let Module {
        name, extends, class, ..
    } = module;
    format!(
        "name={name}\ndescription={name}\nversion={VERSION}\nopensearch.version={VERSION}\njava.version=11\n\
         classname=org.opensearch.{class}\nextended.plugins={extends}\nhas.native.controller=false\n"
    )
}
