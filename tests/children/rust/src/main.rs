//! For each line of stdin: whom the AWS SDK for Rust acts as, and in which region, as JSON.

use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::error::DisplayErrorContext;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let client = aws_sdk_sts::Client::new(&config);
    for _ in std::io::stdin().lines() {
        let who = match client.get_caller_identity().send().await {
            Err(error) => json!({ "error": DisplayErrorContext(&error).to_string() }),
            Ok(identity) => {
                let keys = config.credentials_provider().unwrap().provide_credentials().await;
                json!({
                    "arn": identity.arn(),
                    "key": keys.unwrap().access_key_id(),
                    "region": config.region().map(|region| region.as_ref()),
                })
            }
        };
        println!("{who}");
    }
}
