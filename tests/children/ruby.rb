# For each line of stdin: whom the AWS SDK for Ruby 3 acts as, and in which region, as JSON.
$LOAD_PATH << ENV.fetch("TEST_RUBY_LIBRARY") # behind what this machine's Ruby has
require "aws-sdk-core"
require "json"

$stdout.sync = true
client = nil
$stdin.each_line do
  # Versions before 3.180 do not know AWS_ENDPOINT_URL_STS.
  client ||= Aws::STS::Client.new(endpoint: ENV.fetch("AWS_ENDPOINT_URL_STS"))
  arn = client.get_caller_identity.arn
  key = client.config.credentials.credentials.access_key_id
  puts JSON.generate(arn: arn, key: key, region: client.config.region)
rescue StandardError => error
  puts JSON.generate(error: "#{error.class}: #{error.message}")
end
