// For each line of stdin: whom the AWS SDK for Go 1 acts as, and in which region, as JSON.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

func main() {
	current, failed := session.NewSession()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		who, err := map[string]string{}, failed
		if err == nil {
			// This SDK does not know AWS_ENDPOINT_URL_STS.
			client := sts.New(current, aws.NewConfig().WithEndpoint(os.Getenv("AWS_ENDPOINT_URL_STS")))
			var identity *sts.GetCallerIdentityOutput
			if identity, err = client.GetCallerIdentity(nil); err == nil {
				keys, _ := current.Config.Credentials.Get()
				who["arn"], who["key"] = *identity.Arn, keys.AccessKeyID
				who["region"] = aws.StringValue(current.Config.Region)
			}
		}
		if err != nil {
			who["error"] = err.Error()
		}
		json.NewEncoder(os.Stdout).Encode(who)
	}
}
