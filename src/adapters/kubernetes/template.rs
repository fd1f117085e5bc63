//! The templates that a Deployment had, as its ReplicaSets keep them.
//!
//! A rollback is pinned to the hash of a template. Revision numbers move when one is put back, and
//! the change-cause annotation is carried along and can lie, so neither is ever a target.

use serde_json::Value;

use crate::incident::Text;

use super::object::{annotation, is_owned_by, label, list, name, text};
use super::workload::Kind;

/// One template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its hash.
    pub hash: String,
    /// The ReplicaSet that keeps it.
    pub keeper: String,
    /// Its number at the moment.
    pub revision: i64,
    /// The template, as a Deployment has it.
    pub content: Value,
}

/// The number of a template, on a Deployment and on its ReplicaSets.
pub const REVISION: &str = "deployment.kubernetes.io/revision";

impl Template {
    /// `support:v7 and proxy:1.2`.
    pub fn images(&self) -> String {
        let containers = list(&self.content, "/spec/containers").iter();
        let images: Vec<&str> = containers.filter_map(|container| text(container, "/image")).collect();
        images.join(" and ")
    }
}

/// Every template of a Deployment, the newest first.
pub fn templates(replica_sets: &[Value], deployment: &Value) -> Vec<Template> {
    let uid = text(deployment, "/metadata/uid").unwrap_or_default();
    let template = |replica_set: &Value| {
        let hash = label(replica_set, Kind::Deployment.hash_label())?;
        let mut content = replica_set.pointer("/spec/template")?.clone();
        if let Some(labels) = content.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove(Kind::Deployment.hash_label());
        }
        Some(Template {
            hash: hash.to_owned(),
            keeper: name(replica_set).to_owned(),
            revision: annotation(replica_set, REVISION)?.parse().ok()?,
            content,
        })
    };
    let owned = replica_sets.iter().filter(|replica_set| is_owned_by(replica_set, uid));
    let mut all: Vec<Template> = owned.filter_map(template).collect();
    all.sort_by_key(|template| std::cmp::Reverse(template.revision));
    all
}

/// The template that the Deployment has now.
pub fn current<'a>(templates: &'a [Template], deployment: &Value) -> Option<&'a Template> {
    let revision: i64 = annotation(deployment, REVISION)?.parse().ok()?;
    templates.iter().find(|template| template.revision == revision)
}

/// The template that somebody means: by its hash, by its ReplicaSet's name, or `backup`, which is
/// the one before the current one.
///
/// # Errors
/// In words, with those that there are.
pub fn meant<'a>(templates: &'a [Template], current: &Template, to: &str) -> Result<&'a Template, Text> {
    let mut others = templates.iter().filter(|template| template.hash != current.hash);
    let found = match to {
        "backup" => others.find(|template| template.revision < current.revision),
        named => templates.iter().find(|template| template.hash == named || template.keeper == named),
    };
    match found {
        Some(found) if found.hash == current.hash => {
            Err(Text::line(&format!("{} is what runs now ({})", found.hash, found.images())))
        }
        Some(found) => Ok(found),
        None => {
            let one = |template: &Template| format!("{} ({})", template.hash, template.images());
            let others = templates.iter().filter(|template| template.hash != current.hash);
            let there: Vec<String> = others.map(one).collect();
            let there =
                if there.is_empty() { "none but the current one".to_owned() } else { there.join(", ") };
            Err(Text::line(&format!("there is no earlier template '{to}'; its ReplicaSets keep {there}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn replica_set(hash: &str, revision: &str, image: &str, uid: &str) -> Value {
        json!({
            "metadata": {"name": format!("a-{hash}"), "labels": {"pod-template-hash": hash},
                "annotations": {REVISION: revision}, "ownerReferences": [{"uid": uid}]},
            "spec": {"template": {
                "metadata": {"labels": {"app": "a", "pod-template-hash": hash}},
                "spec": {"containers": [{"image": image}]}}},
        })
    }

    fn deployment(revision: &str) -> Value {
        json!({"metadata": {"uid": "u", "annotations": {REVISION: revision}}})
    }

    fn sets() -> Vec<Value> {
        vec![
            replica_set("h1", "1", "a:1", "u"),
            replica_set("h10", "10", "a:10", "u"),
            replica_set("h9", "9", "a:9", "u"),
            replica_set("other", "11", "b:1", "another"),
        ]
    }

    #[test]
    fn a10_the_backup_is_the_template_before_the_current_one() {
        let all = templates(&sets(), &deployment("10"));
        let now = current(&all, &deployment("10")).unwrap();
        let found = meant(&all, now, "backup").unwrap();
        assert_eq!((found.hash.as_str(), found.images().as_str()), ("h9", "a:9"));
        assert_eq!(
            found.content["metadata"]["labels"],
            json!({"app": "a"}),
            "the hash is the ReplicaSet's own"
        );
        assert_eq!(meant(&all, now, "h1").unwrap().keeper, "a-h1");
        assert_eq!(meant(&all, now, "a-h1").unwrap().hash, "h1");
    }

    #[test]
    fn what_cannot_be_put_back_is_said_with_what_can() {
        let all = templates(&sets(), &deployment("10"));
        let now = current(&all, &deployment("10")).unwrap();
        for (to, says) in [
            ("other", "h9 (a:9), h1 (a:1)"),
            ("10", "h9 (a:9), h1 (a:1)"),
            ("h10", "is what runs now (a:10)"),
        ] {
            let words = meant(&all, now, to).unwrap_err();
            assert!(words.as_str().contains(says), "{to}: {words}");
        }
        let first = current(&all, &deployment("1")).unwrap();
        assert!(meant(&all, first, "backup").is_err(), "there is nothing before the first");
    }
}
