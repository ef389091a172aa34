<?php // For each line of stdin: whom AsyncAws acts as, and in which region, as JSON.
require "AsyncAws/Core/autoload.php";

use AsyncAws\Core\Configuration;
use AsyncAws\Core\Sts\StsClient;

$client = null;
while (fgets(STDIN) !== false) {
    try {
        // It does not know AWS_ENDPOINT_URL_STS.
        $configuration = Configuration::create(["endpoint" => getenv("AWS_ENDPOINT_URL_STS")]);
        $client = $client ?? new StsClient($configuration);
        $arn = $client->getCallerIdentity()->getArn();
        $who = ["arn" => $arn, "region" => $configuration->get("region")];
    } catch (Throwable $error) {
        $who = ["error" => get_class($error) . ": " . $error->getMessage()];
    }
    echo json_encode($who), "\n";
}
