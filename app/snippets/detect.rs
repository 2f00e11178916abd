// cargo add aws-config aws-sdk-rekognition
// cargo add tokio --features macros,rt-multi-thread
use aws_config::BehaviorVersion;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::Image;

const ARN: &str = "__ARN__";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "picture.jpg".to_owned());
    let config = aws_config::defaults(BehaviorVersion::latest()).region("__REGION__").load().await;
    let rekognition = aws_sdk_rekognition::Client::new(&config);
    let image = Image::builder().bytes(Blob::new(std::fs::read(file)?)).build();
    let answer = rekognition.detect_custom_labels().project_version_arn(ARN).image(image).send().await?;
    for label in answer.custom_labels() {
        let area = label.geometry().and_then(|geometry| geometry.bounding_box());
        println!("{} {:.1}% {area:?}", label.name().unwrap_or_default(), label.confidence().unwrap_or_default());
    }
    Ok(())
}
