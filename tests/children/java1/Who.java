import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.regions.DefaultAwsRegionProviderChain;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Scanner;

/** For each line of stdin: whom the AWS SDK for Java 1 acts as, and in which region, as JSON. */
class Who {
    public static void main(String[] arguments) throws Exception {
        var provider = new DefaultAWSCredentialsProviderChain();
        AWSSecurityTokenService client = null;
        var json = new ObjectMapper();
        for (var lines = new Scanner(System.in); lines.hasNextLine(); lines.nextLine()) {
            Map<String, String> who;
            try {
                var region = new DefaultAwsRegionProviderChain().getRegion();
                if (client == null) { // This SDK does not know AWS_ENDPOINT_URL_STS.
                    var endpoint = new EndpointConfiguration(System.getenv("AWS_ENDPOINT_URL_STS"), region);
                    client = AWSSecurityTokenServiceClientBuilder.standard()
                        .withCredentials(provider).withEndpointConfiguration(endpoint).build();
                }
                var arn = client.getCallerIdentity(new GetCallerIdentityRequest()).getArn();
                who = Map.of("arn", arn, "key", provider.getCredentials().getAWSAccessKeyId(), "region", region);
            } catch (RuntimeException error) {
                who = Map.of("error", error.toString());
            }
            System.out.println(json.writeValueAsString(who));
        }
    }
}
