use crate::{Services, later};
use domain::problem::Problem;
use domain::view::{JobId, JobView};

impl Services {
    pub async fn jobs(&self) -> Result<Vec<JobView>, Problem> {
        Err(later())
    }

    pub async fn job(&self, id: &str) -> Result<Option<JobView>, Problem> {
        let _ = (id);
        Err(later())
    }

    pub async fn dismiss_job(&self, id: &str) -> Result<(), Problem> {
        let _ = (id);
        Err(later())
    }
}
