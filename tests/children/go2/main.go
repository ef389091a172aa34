// For each line of stdin: whom the AWS SDK for Go 2 acts as, and in which region, as JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	current, failed := config.LoadDefaultConfig(ctx)
	client := sts.NewFromConfig(current)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		who, err := map[string]string{}, failed
		if err == nil {
			var identity *sts.GetCallerIdentityOutput
			if identity, err = client.GetCallerIdentity(ctx, nil); err == nil {
				keys, _ := current.Credentials.Retrieve(ctx)
				who["arn"], who["key"], who["region"] = *identity.Arn, keys.AccessKeyID, current.Region
			}
		}
		if err != nil {
			who["error"] = err.Error()
		}
		json.NewEncoder(os.Stdout).Encode(who)
	}
}
