// For each line of stdin: whom the AWS SDK for JavaScript 3 acts as, and in which region, as JSON.
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const lines = require("readline").createInterface({ input: process.stdin });

(async () => {
  const client = new STSClient({});
  for await (const _ of lines) {
    let who;
    try {
      const identity = await client.send(new GetCallerIdentityCommand({}));
      const keys = await client.config.credentials();
      who = { arn: identity.Arn, key: keys.accessKeyId, region: await client.config.region() };
    } catch (error) {
      who = { error: String(error) };
    }
    console.log(JSON.stringify(who));
  }
})();
