use crate::{Services, later};
use domain::problem::Problem;
use domain::view::ProjectView;

impl Services {
    pub async fn list_projects(&self) -> Result<Vec<ProjectView>, Problem> {
        Err(later())
    }

    pub async fn project(&self, name: &str) -> Result<ProjectView, Problem> {
        let _ = (name);
        Err(later())
    }

    pub async fn create_project(&self, name: &str) -> Result<ProjectView, Problem> {
        let _ = (name);
        Err(later())
    }

    pub async fn delete_project(&self, name: &str) -> Result<(), Problem> {
        let _ = (name);
        Err(later())
    }
}
