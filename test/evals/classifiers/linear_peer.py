"""Linear classifiers of PyTorch and scikit-learn on given features. Reads and writes safetensors; prints nothing."""
import sys

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import LinearSVC


def probe(train, labels, test, classes, sets):
    """BN and linear, the paper's schedule, an order of its own."""
    torch.manual_seed(0)
    torch.set_num_threads(2)
    train, labels, test = map(torch.from_numpy, (train, labels, test))
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(train.shape[1]), torch.nn.Linear(train.shape[1], classes))
    torch.nn.init.normal_(model[1].weight, std=0.01)
    torch.nn.init.zeros_(model[1].bias)
    groups = [{"params": model[0].parameters(), "weight_decay": 0}, {"params": model[1].parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [8, 16, 24])
    loss = torch.nn.BCEWithLogitsLoss() if sets else torch.nn.CrossEntropyLoss()
    target = labels.float() if sets else labels.long()
    for _ in range(28):
        for rows in torch.randperm(len(train)).split(256):
            optimizer.zero_grad()
            loss(model(train[rows]), target[rows]).backward()
            optimizer.step()
        schedule.step()
    model.eval()
    with torch.inference_mode():
        return model(test).numpy()


def machines(train, present, test, costs):
    """One LinearSVC for each class, its cost by cross-validation over the same folds as ours."""
    unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
    train, test = unit(train), unit(test)
    machine = lambda cost: LinearSVC(C=cost, class_weight={1: 2, 0: 1}, dual=True, tol=1e-4, max_iter=2000, random_state=0)
    scores, chosen = [], []
    for column in present.T:
        fold = np.zeros(len(column), int)
        for value in (0, 1):
            fold[column == value] = np.arange((column == value).sum()) % 3
        means = []
        for cost in costs:
            fits = [machine(cost).fit(train[fold != i], column[fold != i]).decision_function(train[fold == i]) for i in range(3)]
            means.append(np.mean([average_precision_score(column[fold == i], fits[i]) for i in range(3)]))
        chosen.append(costs[int(np.argmax(means))])
        scores.append(machine(chosen[-1]).fit(train, column).decision_function(test))
    return np.stack(scores, 1).astype(np.float32), np.array(chosen, np.float32)


def main():
    given = load_file(sys.argv[1])
    train, test = given["train"], given["test"]
    result = {
        "classes": probe(train, given["classes"], test, int(given["classes"].max()) + 1, False),
        "sets": probe(train, given["present"], test, given["present"].shape[1], True),
    }
    result["machines"], result["costs"] = machines(train, given["present"], test, list(given["costs"]))
    search = NearestNeighbors(n_neighbors=20, metric="cosine", algorithm="brute").fit(train)
    result["neighbours"] = search.kneighbors(test, return_distance=False).astype(np.int32)
    save_file({name: np.ascontiguousarray(values) for name, values in result.items()}, sys.argv[2])


main()
