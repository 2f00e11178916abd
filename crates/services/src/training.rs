use crate::{Services, later};
use domain::problem::Problem;
use domain::view::{JobId, TrainingPlan, TrainingRequest};

impl Services {
    pub async fn training_plan(&self, project: &str) -> Result<TrainingPlan, Problem> {
        let _ = (project);
        Err(later())
    }

    pub async fn start_training(&self, request: TrainingRequest) -> Result<JobId, Problem> {
        let _ = (request);
        Err(later())
    }
}
