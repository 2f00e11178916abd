# The AWS CLI. 4 MB at most; larger pictures by --image S3Object.
aws rekognition detect-custom-labels \
  --region __REGION__ \
  --project-version-arn "__ARN__" \
  --image-bytes "fileb://${1:-picture.jpg}"
