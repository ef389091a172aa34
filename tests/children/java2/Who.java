import java.util.Scanner;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.sts.StsClient;

/** For each line of stdin: whom the AWS SDK for Java 2 acts as, and in which region, as JSON. */
class Who {
    public static void main(String[] arguments) {
        var provider = DefaultCredentialsProvider.builder().build();
        StsClient client = null;
        for (var lines = new Scanner(System.in); lines.hasNextLine(); lines.nextLine()) {
            try {
                if (client == null) {
                    client = StsClient.builder().credentialsProvider(provider).build();
                }
                var arn = client.getCallerIdentity().arn();
                var region = DefaultAwsRegionProviderChain.builder().build().getRegion().id();
                System.out.printf("{\"arn\": \"%s\", \"key\": \"%s\", \"region\": \"%s\"}%n",
                    arn, provider.resolveCredentials().accessKeyId(), region);
            } catch (RuntimeException error) {
                var text = error.toString().replace("\\", "/").replace("\"", "'").replaceAll("\\s+", " ");
                System.out.printf("{\"error\": \"%s\"}%n", text);
            }
        }
    }
}
