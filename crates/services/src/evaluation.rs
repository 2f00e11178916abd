use crate::{Services, later};
use domain::problem::Problem;
use domain::view::EvaluationView;

impl Services {
    pub async fn evaluation(&self, project: &str, version_name: &str) -> Result<EvaluationView, Problem> {
        let _ = (project, version_name);
        Err(later())
    }
}
