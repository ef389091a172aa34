// For each line of stdin: whom the AWS SDK for JavaScript 2 acts as, and in which region, as JSON.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const AWS = require("aws-sdk");
const lines = require("readline").createInterface({ input: process.stdin });

(async () => {
  // This SDK does not know AWS_ENDPOINT_URL_STS.
  const client = new AWS.STS({ endpoint: process.env.AWS_ENDPOINT_URL_STS });
  for await (const _ of lines) {
    let who;
    try {
      const identity = await client.getCallerIdentity().promise();
      const { credentials, region } = client.config;
      who = { arn: identity.Arn, key: credentials.accessKeyId, region };
    } catch (error) {
      who = { error: String(error) };
    }
    console.log(JSON.stringify(who));
  }
})();
