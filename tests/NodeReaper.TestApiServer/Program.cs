using System.Text;
using System.Text.Json.Nodes;
using NodeReaper.TestApiServer;

// test-api-server FOLDER: serves until it is ended. In the folder: pods/*.json, which it reads again and again; kubeconfig, ca.crt and
// token, which it writes; events.jsonl, refused.jsonl and requests, to which it appends each Event, what was wrong with it, and each
// request.
if (args is not [var folder])
{
    Console.Error.WriteLine("usage: test-api-server FOLDER");
    return 2;
}

const string Token = "a-token-of-the-test";
using var cluster = new Cluster { Token = Token };
cluster.Events.Written += written => Append("events.jsonl", written.ToJsonString());
cluster.Events.Refused += (written, why) => Append("refused.jsonl", new JsonObject { ["why"] = why, ["event"] = written.DeepClone() }.ToJsonString());
Directory.CreateDirectory(Path.Combine(folder, "pods"));
var known = new Dictionary<string, (DateTime Written, JsonNode Pod)>();
Refresh();

await using var server = await ApiServer.StartAsync(cluster);
File.WriteAllText(Path.Combine(folder, "ca.crt"), cluster.Certificates.AuthorityPem);
File.WriteAllText(Path.Combine(folder, "token"), Token);
var authority = Convert.ToBase64String(Encoding.ASCII.GetBytes(cluster.Certificates.AuthorityPem));
File.WriteAllText(Path.Combine(folder, "kubeconfig"), $$$"""
    apiVersion: v1
    kind: Config
    current-context: test
    contexts: [{name: test, context: {cluster: test, user: agent}}]
    clusters: [{name: test, cluster: {server: "{{{server.Url}}}", certificate-authority-data: {{{authority}}}}}]
    users: [{name: agent, user: {token: {{{Token}}}}}]

    """);
Console.WriteLine($"serving {server.Url}");
while (true)
{
    await Task.Delay(100);
    Refresh();
    while (cluster.Requests.TryDequeue(out var request))
    {
        Append("requests", $"{request.Verb} {request.Target}");
    }
}

void Refresh()
{
    var files = Directory.GetFiles(Path.Combine(folder, "pods"), "*.json");
    foreach (var file in files)
    {
        var written = File.GetLastWriteTimeUtc(file);
        if (!known.TryGetValue(file, out var last) || last.Written != written)
        {
            var pod = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            known[file] = (written, pod);
            cluster.Pods.Put(pod);
        }
    }

    foreach (var gone in known.Keys.Except(files).ToArray())
    {
        cluster.Pods.Delete(known[gone].Pod["metadata"]!["namespace"]!.ToString(), known[gone].Pod["metadata"]!["name"]!.ToString());
        known.Remove(gone);
    }
}

void Append(string file, string line)
{
    lock (cluster)
    {
        File.AppendAllText(Path.Combine(folder, file), line + "\n");
    }
}
