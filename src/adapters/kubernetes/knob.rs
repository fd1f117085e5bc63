//! Where a rate limit is written: an annotation of the workload, or a key of a ConfigMap.

use crate::adapters::template::Values;
use crate::incident::Text;

use super::KubernetesAdapter;
use super::build::Place;
use super::deed::Deed;
use super::object::annotation;
use super::plan::Read;
use super::route::Route;
use super::workload::{Workload, is_name};
use super::world::World;

/// The ConfigMap of an agent.
fn filled(name: &crate::adapters::template::Template, agent: &Text) -> Result<String, Text> {
    let values: Values = ["agent", "target"].map(|name| (name.to_owned(), agent.clone())).into();
    let name = name.fill(&values)?;
    if is_name(&name) {
        Ok(name)
    } else {
        Err(Text::line(&format!("'{name}' cannot be the name of a ConfigMap")))
    }
}

impl KubernetesAdapter {
    /// Sets what stands there; none takes it away.
    pub(super) fn knob(
        &self,
        route: &Route<'_>,
        agent: &Text,
        read: &Read,
        value: Option<Text>,
    ) -> Result<Deed, Text> {
        let workload = read.workload.clone();
        match &route.action.knob {
            None => Err(Text::line("no place for a limit is configured")),
            Some(Place::Annotation(key)) => {
                let version = read.world.version.clone();
                Ok(Deed::Annotate { workload, version, key: key.clone(), value })
            }
            Some(Place::ConfigMap(name, key)) => {
                let name = filled(name, agent)?;
                Ok(Deed::SetKey { namespace: workload.namespace, name, key: key.clone(), value })
            }
        }
    }

    /// What stands there now.
    pub(super) async fn limit_now(
        &self,
        route: &Route<'_>,
        agent: &Text,
        workload: &Workload,
        world: &World,
    ) -> Result<Option<Text>, Text> {
        match &route.action.knob {
            None => Ok(None),
            Some(Place::Annotation(key)) => Ok(annotation(&world.object, key).map(Text::line)),
            Some(Place::ConfigMap(name, key)) => {
                let name = filled(name, agent)?;
                let path = format!("api/v1/namespaces/{}/configmaps/{name}", workload.namespace);
                let outcome = self.cluster.read(path).await;
                if outcome.is_missing() {
                    return Err(Text::line(&format!("there is no ConfigMap {}/{name}", workload.namespace)));
                }
                let object = outcome.read()?;
                let value = object.get("data").and_then(|data| data.get(key));
                Ok(value.and_then(|value| value.as_str()).map(Text::line))
            }
        }
    }
}
