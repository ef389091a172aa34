// For each line of stdin: whom Terraform's AWS provider acts as, and in which region, as JSON. This
// is the library by which the provider, and the S3 backend of Terraform and OpenTofu, find that out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"

	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	ctx, current, problems := awsbase.GetAwsConfig(ctx, &awsbase.Config{})
	client := sts.NewFromConfig(current)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		who := map[string]string{}
		if problems.HasError() {
			for _, problem := range problems.Errors() {
				who["error"] += problem.Summary() + ": " + problem.Detail() + " "
			}
		} else if identity, err := client.GetCallerIdentity(ctx, nil); err != nil {
			who["error"] = err.Error()
		} else {
			keys, _ := current.Credentials.Retrieve(ctx)
			who["arn"], who["key"], who["region"] = *identity.Arn, keys.AccessKeyID, current.Region
		}
		json.NewEncoder(os.Stdout).Encode(who)
	}
}
